/** One step with versions of the gateway, in a process of its own: `install STATE KEY FILE`, or `start STATE KEY`. */
import { readFileSync } from "node:fs";
import { chooseVersion } from "../../src/firmware/self/choose.ts";
import { aMachine } from "./versions-machine.ts";

const [step = "", state = "", key = "", file = ""] = process.argv.slice(2);
const machine = aMachine(state, readFileSync(key, "utf8"));
if (step === "install") await machine.running("").install(file);
else chooseVersion(machine.versions, machine.installed);
