/** What Linux tells of a process: proc(5). */
import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds on a processor, of all threads that live now. */
export function cpuTime(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadTime(`/proc/${pid}/task/${thread}`), 0);
}

/** Resident memory in MiB. */
export function residentMemory(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kibibytes) / 1024;
}

/** A thread may end between the listing and the reading. */
function threadTime(folder: string): number {
  try {
    return Number(readFileSync(`${folder}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
}
