/** The process of a gateway in which its Bluetooth stack runs. */
import { readdirSync, readFileSync } from "node:fs";

/** Its pid; undefined while there is none. `gateway`: the pid of the daemon. */
export function stackProcessOf(gateway: number): number | undefined {
  return childrenOf(gateway).find((pid) => read(`/proc/${pid}/cmdline`).includes("stack-process"));
}

/** proc(5): each thread tells of the children that it made. */
function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(" "))
    .filter((text) => text !== "")
    .map(Number);
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** What is gone meanwhile is empty. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
