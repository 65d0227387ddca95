import { systemClock } from "../clock.ts";
import { type ForgottenDevice, forgettable, type KnownDevice } from "../gateway/device-admin.ts";
import { isMeant } from "../gateway/waiting/forgetting.ts";
import { openStore, type Store, StoreError } from "../store/store.ts";
import { askGateway, NotRunning, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { confirmed } from "./confirmed.ts";
import { counted } from "./counted.ts";
import { oneId } from "./device-replace.ts";
import { statePlace } from "./state-directory.ts";
import { stderrLogger } from "./stderr-logger.ts";

/** For good: another device may have its prefix. */
export const deviceForget: Command = {
  name: "device forget",
  summary: "Forgets a device that is configured no more: its prefix is free, what it measured is dropped.",
  positionals: "ID",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    yes: { type: "boolean", help: "Does not ask; needed where there is no terminal." },
    json: { type: "boolean", help: "Prints the outcome as JSON." },
  },
  async run(args) {
    const id = oneId(args);
    if (!args.flag("yes") && !process.stdin.isTTY)
      throw new UsageError("there is no terminal to ask at: needs --yes", { code: "LG105" });
    const { prefix } = taken(await known(args, id));
    if (
      !args.flag("yes") &&
      !(await confirmed(
        `Forget device ${id}? What waits of /${prefix} is dropped, and another device may be /${prefix}.`,
      ))
    ) {
      process.stdout.write("nothing is forgotten\n");
      return EXIT.ok;
    }
    const forgotten = taken(await forget(args, id));
    const { reports, unwritten } = forgotten;
    const text = `${id} is forgotten: /${prefix} is free, ${counted(reports, "report")} dropped`;
    process.stdout.write(`${args.flag("json") ? JSON.stringify({ device: id, ...forgotten }) : text}\n`);
    if (unwritten === undefined) return EXIT.ok;
    throw new FailureError(
      `the disk does not know it yet, and would bring its reports back after a restart: ${unwritten}`,
    );
  },
};

const PATIENCE = 60_000;
const STORE_FILE = "gateway.db";

async function known(args: Arguments, id: string): Promise<KnownDevice> {
  // The answers are our own program's, on a socket that only its user can open.
  const asked = async () => (await askGateway(args, `${routeOf(id)}/place`)) as KnownDevice;
  return orOnDisk(args, asked, (store, place) => place.known(id, store));
}

async function forget(args: Arguments, id: string): Promise<ForgottenDevice> {
  const posted = { body: undefined, patience: PATIENCE };
  const asked = async () => (await askGateway(args, `${routeOf(id)}/forget`, posted)) as ForgottenDevice;
  return orOnDisk(args, asked, async (store, place) => {
    const device = await place.known(id, store);
    if ("refused" in device) return device;
    const history = await store.openHistory({ clock: systemClock });
    const reports = history.forgetWhere((queue) => isMeant(queue, { device: device.prefix }));
    await history.flush();
    await store.forgetDevice(id);
    return { ...device, reports };
  });
}

function routeOf(id: string): string {
  return `/v1/devices/${encodeURIComponent(id)}`;
}

interface OnDisk {
  known(id: string, store: Store): Promise<KnownDevice>;
}

/** By the gateway where one runs; else on its files, as it would: one that starts meanwhile is told that they are in use. */
async function orOnDisk<T>(
  args: Arguments,
  asked: () => Promise<T>,
  work: (store: Store, place: OnDisk) => Promise<T>,
): Promise<T> {
  try {
    return await asked();
  } catch (error) {
    // Who names a socket asks that gateway and no file.
    if (!(error instanceof NotRunning) || args.text("socket") !== undefined) throw error;
  }
  const { config, directory } = await statePlace(args, STORE_FILE);
  try {
    const store = await openStore({ directory, log: stderrLogger });
    try {
      return await work(store, { known: async (id, { loadPlaces }) => forgettable(id, await loadPlaces(), config) });
    } finally {
      await store.close();
    }
  } catch (error) {
    throw error instanceof StoreError ? new FailureError(error.message, { cause: error }) : error;
  }
}

function taken<T extends object>(answer: T | { readonly refused: string }): T {
  if ("refused" in answer) throw new UsageError(answer.refused);
  return answer;
}
