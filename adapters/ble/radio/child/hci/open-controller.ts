/** Opens a controller with the lower layers of noble, up to the moment at which it can be used. */
import Hci from "@stoprocent/noble/lib/hci-socket/hci.js";
import { type Clock, type Millis, SECOND } from "../../../../../src/adapter.ts";
import { withDeadline } from "../../../../wires/deadline.ts";
import type { Backend } from "../../../options.ts";
import { faultBefore, faultOf } from "./controller-faults.ts";

type HciBackendOptions = Exclude<Backend, { readonly kind: "bluez" }>;

/** A dozen commands, and a serial port that has to be opened first. */
const LONGEST_OPENING: Millis = 10 * SECOND;

/** Rejects with an Error that says why not, and what to do. */
export async function openController(backend: HciBackendOptions, clock: Clock): Promise<Hci> {
  const fault = await faultBefore(backend);
  if (fault !== undefined) throw new Error(fault);
  const hci = new Hci(
    backend.kind === "hci-user"
      ? {
          hciDriver: "native",
          deviceId: Number(backend.adapter.slice("hci".length)),
          userChannel: true,
          extended: false,
        }
      : {
          ...{ hciDriver: "uart", extended: false },
          bindParams: { uart: { port: backend.port, baudRate: backend.baudRate } },
        },
  );
  try {
    await withDeadline(powered(hci, backend), { clock, span: LONGEST_OPENING, late: () => silent(backend) });
  } catch (error) {
    hci.stop();
    throw error;
  }
  return hci;
}

function powered(hci: Hci, backend: HciBackendOptions): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let reason: Error | undefined;
    const failed = (error: Error): void => {
      reason ??= new Error(faultOf(backend, error), { cause: error });
      reject(reason);
    };
    hci._socket.on("error", failed);
    tellBindFaults(hci, failed);
    hci.on("stateChange", (state: string) => {
      if (state === "poweredOn") resolve();
      // `poweredOff` comes first, while a serial port is opened.
      else if (state !== "poweredOff") failed(new Error(`the controller is ${state}`));
    });
    hci.init();
  });
}

/** noble keeps to itself why a bind failed; the addon's methods cannot be assigned to. */
function tellBindFaults(hci: Hci, failed: (error: Error) => void): void {
  const socket = hci._socket;
  const { bindUser } = socket;
  Object.defineProperty(socket, "bindUser", {
    value: (...parameters: unknown[]): unknown => {
      try {
        return bindUser.apply(socket, parameters);
      } catch (error) {
        if (error instanceof Error) failed(error);
        throw error;
      }
    },
  });
}

function silent(backend: HciBackendOptions): Error {
  const [name, advice] =
    backend.kind === "hci-user"
      ? [backend.adapter, "plug it in anew"]
      : [backend.port, `is it a Bluetooth controller that speaks HCI, at ${backend.baudRate} baud?`];
  return new Error(`no controller answers at ${name}: ${advice}`);
}
