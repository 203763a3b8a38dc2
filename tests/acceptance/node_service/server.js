const http = require("node:http");
const { ask } = require("./redis");

const port = process.env.PORT || 3000;

const server = http.createServer(async (request, response) => {
  try {
    if (request.url === "/health") {
      await ask("PING");
      response.end("ok\n");
    } else if (request.url === "/count" && request.method === "POST") {
      const count = await ask("INCR", "count");
      console.log(`counted ${count}`);
      response.end(JSON.stringify({ count }));
    } else if (request.url === "/count") {
      response.end(JSON.stringify({ count: Number((await ask("GET", "count")) || 0) }));
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    response.writeHead(503).end(`${error.message}\n`);
  }
});

server.listen(port, () => console.log(`listening on ${port}`));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
