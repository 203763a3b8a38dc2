"""Bodies of the size that a coding agent's event has: 1.6 kB of JSON, one pattern, all numbers different."""

import json


def body(index: int) -> bytes:
    """The event with that number; all numbers together are one pattern."""
    file = f"src/features/checkout/panels/panel{index}.tsx"
    frames = [
        f"at loadPanel (src/features/checkout/panels/panel{index}.tsx:{index % 400 + 1}:17)",
        f"at async PanelLoader.open (src/features/checkout/loader.ts:{index % 90 + 10}:9)",
        "at async Promise.all (index 0)",
        "at async CheckoutPage.render (src/features/checkout/page.tsx:48:5)",
        "at async renderToPipeableStream (src/server/render.ts:112:20)",
        "at async RequestHandler.handle (src/server/requests/handler.ts:203:14)",
        "at async Server.onRequest (src/server/listen.ts:31:7)",
        f"caused by: TypeError: error loading dynamically imported module: panels/panel{index}.js",
    ]
    event = {
        "error": {
            "message": f"Benchmark {index}: Failed to load chunk panels/panel{index} of checkout",
            "type": "ChunkLoadError",
            "category": "asset_loading",
            "severity": "medium",
            "stackTrace": frames,
            "affectedFiles": [file, "src/features/checkout/loader.ts"],
            "technology": {"framework": "react", "library": "vite", "component": f"panel{index}"},
        },
        "context": {
            "userAction": "open_checkout_panel",
            "featureBeingWorked": f"checkout_panel_{index}",
            "sessionId": f"benchmark-session-{index:08d}",
            "previousErrors": [],
            "relatedFiles": [file, "src/features/checkout/page.tsx", "vite.config.ts"],
        },
        "agent": {
            "type": "benchmark-client",
            "version": "1.0.0",
            "persona": "Load client of the benchmarks",
            "sessionId": f"agent-session-{index:08d}",
        },
        "environment": {
            "type": "development",
            "nodeVersion": "22.11.0",
            "packageManager": "pnpm",
            "framework": "react",
            "os": "linux",
        },
        "project": {
            "name": "benchmark",
            "repository": "example.org/shop/benchmark",
            "branch": "main",
            "commit": f"{index:040x}",
            "version": "1.0.0",
        },
    }
    return json.dumps(event).encode()
