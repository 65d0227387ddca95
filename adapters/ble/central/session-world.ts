import { type Clock, DeviceError, type Logger, type Millis, SECOND } from "../../../src/adapter.ts";
import { withDeadline } from "../../wires/deadline.ts";
import type { AddressType, Connection, Radio } from "../radio/radio.ts";
import { type Exchange, GRACE } from "./live-peripheral.ts";
import type { TurnEvent } from "./turns.ts";

/** What a session has around it. */
export interface SessionWorld {
  readonly clock: Clock;
  readonly log: Logger;
  readonly connectTimeout: Millis;
  /** What a person does about a peripheral that wants to be paired with. */
  pairing(address: string): string;
  turn(event: TurnEvent): void;
  onExchange(exchange: Exchange): void;
  onClose(): void;
}

/** How long a farewell may take. */
const DISCONNECT: Millis = 5 * SECOND;

/** Connects, within the time that it may take. A connection that comes later is ended. */
export async function connectIn(
  world: SessionWorld,
  radio: Radio,
  { address, addressType }: { readonly address: string; readonly addressType: AddressType | undefined },
): Promise<Connection> {
  const { connectTimeout: timeout, clock } = world;
  const begun = clock.monotonic();
  const pending = radio.connect(address, { addressType, timeout });
  let inTime = true;
  const late = (): DeviceError => {
    inTime = false;
    pending.then((connection) => endIn(world, connection)).catch(() => {});
    return new DeviceError("unreachable", "the adapter does not answer");
  };
  try {
    return await withDeadline(pending, { clock, span: timeout + GRACE, late });
  } finally {
    world.onExchange({ begun, inTime });
  }
}

/** Resolves when the connection is over. */
export async function endIn({ clock, onExchange }: SessionWorld, connection: Connection): Promise<void> {
  const begun = clock.monotonic();
  const late = (): DeviceError => new DeviceError("unreachable", "it does not let go");
  const over = withDeadline(connection.disconnect(), { clock, span: DISCONNECT, late });
  await over.catch(() => onExchange({ begun, inTime: false }));
}
