/**
 * The project's own Node: better-sqlite3 13 ends without a word on Node 20, and many gateways still have that one. Plain
 * JavaScript that Node 18 runs; imports nothing but Node's own modules.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants as osConstants } from "node:os";
import { dirname, join } from "node:path";

/** The first Node that runs TypeScript as it is; the same number stands in package.json under `engines`. */
const LEAST = [22, 18];

/** The loaders that the bundled executables name; systems without glibc (Alpine) have none, and bring their own Node. */
const LOADERS = { x64: "/lib64/ld-linux-x86-64.so.2", arm64: "/lib/ld-linux-aarch64.so.1" };

/** Memory then stays flat under load: measured +32 MiB where V8's default grew by 136 MiB in a million requests. */
export const MEMORY_FLAG = "--max-semi-space-size=1";

/** Whether a version such as "22.18.0" is new enough. */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}

/** The executable of the npm package for this platform, as the module at `from` finds it; undefined: none that runs here. */
export function bundledNode(from) {
  if (!existsSync(LOADERS[process.arch] ?? "")) return undefined;
  try {
    const manifest = createRequire(from).resolve(`node-${process.platform}-${process.arch}/package.json`);
    const node = join(dirname(manifest), "bin", "node");
    accessSync(node, constants.X_OK);
    return node;
  } catch {
    return undefined;
  }
}

/** The Node to run under: the project's own, else the one that runs this. Throws an Error with a sentence for the user. */
export function chooseNode(from) {
  const node = bundledNode(from) ?? (isNewEnough(process.versions.node) ? process.execPath : undefined);
  if (node !== undefined) return node;
  throw new Error(
    `this is Node ${process.versions.node}; expected ${LEAST.join(".")} or later, or the npm package ` +
      `node-${process.platform}-${process.arch}, which is not installed. ` +
      "Install Node 24, or install again with: npm install --include=optional",
  );
}

/** Runs a program to its end, passing signals on. Resolves to its exit code; 128 + n where signal n ended it. */
export function runToEnd(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const pass = (signal) => {
      if (!terminalTold(signal)) child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"];
    for (const signal of signals) process.on(signal, pass);
    const watch = whenOrphaned(() => child.kill("SIGTERM"));
    const settle = () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, pass);
    };
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("exit", (code, signal) => {
      settle();
      resolve(code ?? 128 + osConstants.signals[signal]);
    });
  });
}

/**
 * npm passes a SIGTERM to the shell that it started us with, and that one ends without a word to us. So where npm started
 * us: is our parent still the one of the beginning?
 */
function whenOrphaned(end) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, 1000);
  return watch.unref();
}

/**
 * Whether the terminal has given this signal to our child already: Ctrl-C goes to every process of the group in the
 * foreground. Passed on, it would count as a second Ctrl-C.
 */
function terminalTold(signal) {
  if (signal !== "SIGINT") return false;
  try {
    // proc(5): after the name in brackets come state, ppid, pgrp, session, tty_nr, tpgid.
    const [, , group, , , foreground] = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return group === foreground;
  } catch {
    return false;
  }
}
