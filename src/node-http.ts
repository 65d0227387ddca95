/**
 * HTTP as Node has it. Whoever imports "node:http" reads every export of it, and one of them loads all that `fetch` is made of:
 * 13 MB of memory that a gateway has no need of.
 */
export const http: typeof import("node:http") = process.getBuiltinModule("node:http");

/** With all of TLS, 6 MB: where somebody has need of it. */
export function loadHttps(): typeof import("node:https") {
  return process.getBuiltinModule("node:https");
}

export function loadTls(): typeof import("node:tls") {
  return process.getBuiltinModule("node:tls");
}
