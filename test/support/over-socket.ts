import { request } from "node:http";

/** A GET over a Unix socket, as `curl --unix-socket` does it. */
export function overSocket(
  socketPath: string,
  path: string,
): Promise<{ readonly status: number; readonly type: string; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, type: headers["content-type"] ?? "", body: Buffer.concat(chunks).toString() });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
