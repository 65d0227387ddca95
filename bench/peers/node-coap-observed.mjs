/**
 * node-coap with a thousand resources of which each has another value each time that its period passes, told to whoever
 * observes it: confirmable where the request was. Arguments: the server's port; the period in milliseconds.
 */
import coap from "coap";
import { register } from "./register.mjs";

const [serverPort, period] = process.argv.slice(2).map(Number);
const value = () => String(performance.now() / 1000);
/** Ends an observation, by its path. */
const observed = new Map();

const server = coap.createServer((request, response) => {
  response.setOption("Content-Format", "text/plain");
  const observe = request.headers.Observe;
  if (observe === 0) begin(request, response);
  else {
    if (observe === 1) observed.get(request.url.split("?")[0])?.();
    response.end(value());
  }
});

function begin(request, response) {
  response.write(value());
  let timer;
  // From now on at a time of its own within the period, as devices that are polled have theirs.
  const first = setTimeout(() => {
    timer = setInterval(() => response.write(value()), period);
  }, Math.random() * period);
  observed.set(request.url.split("?")[0], () => {
    clearTimeout(first);
    clearInterval(timer);
  });
}

server.listen(0, "127.0.0.1", () => register(server, serverPort));
