import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { collect } from "../heap.ts";
import { copyOpen, DATABASES } from "./copy.ts";
import { storeErrorOf } from "./database.ts";
import { loadFacts, saveFacts } from "./fact-table.ts";
import { loadFirmware, saveFirmware } from "./firmware-table.ts";
import { GatewayFile } from "./gateway-file.ts";
import { Archive } from "./history/archive.ts";
import type { HistoryCalls } from "./history/calls.ts";
import { assignNumbers } from "./instance-numbers.ts";
import { loadKnownTime, saveKnownTime } from "./known-time.ts";
import { loadMachine, saveMachine } from "./machine-table.ts";
import type { SentError, StoreCall, StoreCalls, StoreOpening, StoreReply, StoreRequest } from "./protocol.ts";
import { loadServers, saveServer } from "./server-table.ts";
import { StoreError } from "./store-error.ts";

/** The store's thread: it owns the database file and answers one request after the other. */
type Handlers = { readonly [C in StoreCall]: (argument: StoreCalls[C]["argument"]) => StoreCalls[C]["result"] };

if (parentPort === null) throw new Error("store-worker.ts runs as a worker thread only");
const port = parentPort;
port.once("message", ({ directory }: StoreOpening) => start(directory));

function start(directory: string): void {
  const file = open(directory);
  if (file === undefined) return;
  const handlers = handlersOf(directory, file);
  port.on("message", (request: StoreRequest) => {
    const reply = answer(handlers, request, file.name);
    // The port is what keeps the thread alive.
    if (request.call === "close") port.unref();
    port.postMessage(reply);
  });
  send({ type: "opened" });
}

function open(directory: string): GatewayFile | undefined {
  try {
    return new GatewayFile(directory, (fields) => {
      const message =
        "the store was damaged: set aside, and a new one begun with what could be read; the rest is lost: prefixes are assigned anew, stored objects are empty";
      send({ type: "log", level: "error", fields: { ...fields }, message });
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    send({ type: "refused", error: sentError(error) });
    return undefined;
  }
}

function handlersOf(directory: string, file: GatewayFile): Handlers {
  return { ...gatewayHandlers(file), ...historyHandlers(directory, file) };
}

type FileHandlers = Omit<Handlers, keyof HistoryHandlers>;

/** What `gateway.db` alone answers. */
function gatewayHandlers(file: GatewayFile): FileHandlers {
  return {
    assignDevices: (claims) => file.use(({ devices }) => devices.assign(claims)),
    loadPlaces: () => file.use(({ devices }) => devices.places()),
    assignNumbers: (wanted) => file.use(({ db }) => assignNumbers(db, wanted)),
    forgetDevice: (id) => file.use(({ devices }) => devices.forget(id)),
    loadInstances: () => file.use(({ instances }) => instances.load()),
    saveInstances: (changes) => void file.use(({ instances }) => instances.save(changes)),
    loadTime: () => file.use(({ db }) => loadKnownTime(db)),
    saveTime: (known) => void file.use(({ db }) => saveKnownTime(db, known)),
    copyTo: (target) => void file.use(({ db }) => copyOpen(db, join(target, DATABASES.gateway))),
    loadMachine: () => file.use(({ db }) => loadMachine(db)),
    saveMachine: (hash) => void file.use(({ db }) => saveMachine(db, hash)),
    loadServers: () => file.use(({ db }) => loadServers(db)),
    saveServer: (parts) => void file.use(({ db }) => saveServer(db, parts)),
    loadFacts: () => file.use(({ db }) => loadFacts(db)),
    saveFacts: (facts) => void file.use(({ db }) => saveFacts(db, facts)),
    loadFirmware: () => file.use(({ db }) => loadFirmware(db)),
    saveFirmware: (change) => void file.use(({ db }) => saveFirmware(db, change)),
    checkGateway: () => file.check(),
    pulse: () => {
      // Immediate: it is the lock of whoever writes, and a page of the file is looked at.
      file.use(({ db }) => db.transaction(() => db.pragma("user_version")).immediate());
      return undefined;
    },
    collect: () => void collect(),
  };
}

type HistoryHandlers = Pick<Handlers, keyof HistoryCalls | "close">;

function historyHandlers(directory: string, file: GatewayFile): HistoryHandlers {
  let archive: Archive | undefined;
  const opened = (): Archive => {
    if (archive === undefined) throw new RangeError("the history is not open");
    return archive;
  };
  return {
    openHistory: (opening) => {
      archive = new Archive(directory, opening, (level, fields, message) =>
        send({ type: "log", level, fields, message }),
      );
      return archive.open();
    },
    commitHistory: (order) => opened().commit(order),
    readHistory: (order) => opened().read(order),
    shareHistory: () => opened().share(),
    endHistoryCheck: (findings) => opened().endCheck(findings),
    measureHistory: () => opened().measure(),
    close: () => {
      archive?.close();
      file.close();
      return undefined;
    },
  };
}

function answer<C extends StoreCall>(handlers: Handlers, request: StoreRequest<C>, file: string): StoreReply {
  try {
    return { type: "answer", number: request.number, result: handlers[request.call](request.argument) };
  } catch (error) {
    return { type: "failure", number: request.number, error: sentError(storeErrorOf(error, file)) };
  }
}

function send(reply: StoreReply): void {
  port.postMessage(reply);
}

function sentError(error: StoreError): SentError {
  const causes: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) causes.push(at.stack ?? at.message);
  return { kind: error.kind, message: error.message, detail: causes.join("\ncaused by: ") };
}
