// As much of the Redis protocol as a counter needs: one connection a question.
const net = require("node:net");

const address = new URL(process.env.REDIS_URL || "redis://localhost:6379");

function command(words) {
  return `*${words.length}\r\n` + words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
}

function answer(text) {
  const [line, value] = text.split("\r\n");
  if (line[0] === "-") throw new Error(line.slice(1));
  if (line[0] === "$") return line === "$-1" ? null : value;
  return line[0] === ":" ? Number(line.slice(1)) : line.slice(1);
}

exports.ask = (...words) =>
  new Promise((resolve, reject) => {
    const asked = (address.password ? [["AUTH", decodeURIComponent(address.password)]] : []).concat([words]);
    const socket = net.connect(Number(address.port || 6379), address.hostname);
    let text = "";
    socket.setTimeout(2000, () => socket.destroy(new Error("Redis does not answer")));
    socket.on("error", reject);
    socket.on("connect", () => socket.write(asked.map(command).join("")));
    socket.on("data", (data) => {
      text += data;
      const lines = text.split("\r\n");
      const first = asked.length === 2 ? 1 : 0;
      if (lines.length < first + 2 || (lines[first][0] === "$" && lines[first] !== "$-1" && lines.length < first + 3)) return;
      socket.end();
      try {
        if (first) answer(text);
        resolve(answer(lines.slice(first).join("\r\n")));
      } catch (error) {
        reject(error);
      }
    });
  });
