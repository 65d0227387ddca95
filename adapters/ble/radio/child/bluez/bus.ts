/** The system's message bus: calls, and signals of one service. Of the package dbus-next the lowest layer alone. */
import { DBusError, Message, MessageType, systemBus, Variant } from "dbus-next";

export { DBusError, Variant };

/** A dictionary of D-Bus whose values were variants; the names are those that we look at. */
export interface Properties {
  readonly [name: string]: unknown;
  readonly AddressType?: unknown;
  readonly Connected?: unknown;
  readonly Flags?: unknown;
  readonly ManufacturerData?: unknown;
  readonly MTU?: unknown;
  readonly Name?: unknown;
  readonly Percentage?: unknown;
  readonly Powered?: unknown;
  readonly ServiceData?: unknown;
  readonly ServicesResolved?: unknown;
  readonly UUID?: unknown;
  readonly Value?: unknown;
}

export interface Call {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Of the arguments. */
  readonly signature?: string;
  readonly args?: readonly unknown[];
}

/** Arguments have no variants any more: they are what was in them. */
export interface Signal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly args: readonly unknown[];
}

export interface Bus {
  /** Resolves with the first value of the answer. Rejects with DBusError where the service refuses. */
  call(call: Call): Promise<unknown>;
  close(): void;
}

/** What whoever opens it hears. */
export interface BusListener {
  onSignal(signal: Signal): void;
  /** The service ended. */
  onServiceGone(): void;
}

const DBUS = { path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", destination: "org.freedesktop.DBus" };

/**
 * Opens the bus, and hears all that the service says. Two rules of the bus, however many objects there are: noble's binding makes one for each
 * device that passes by, of which a bus has a limit.
 */
export async function openBus(service: string, listener: BusListener): Promise<Bus> {
  const bus = systemBus();
  const send = async (
    destination: string,
    { path, interface: name, member, signature, args }: Call,
  ): Promise<Message> => {
    const message = { destination, path, interface: name, member, ...(signature === undefined ? {} : { signature }) };
    const answer = await bus.call(new Message({ ...message, body: [...(args ?? [])] }));
    if (answer === null) throw new Error(`${member} has no answer`);
    return answer;
  };
  const match = (rule: string): Promise<Message> =>
    send(DBUS.destination, { ...DBUS, member: "AddMatch", signature: "s", args: [rule] });
  await new Promise<void>((resolve, reject) => {
    bus.once("connect", resolve);
    bus.on("error", reject);
  });
  await match(`type='signal',sender='${service}'`);
  await match(`type='signal',sender='${DBUS.destination}',member='NameOwnerChanged',arg0='${service}'`);
  let owner = "";
  bus.on("message", ({ type, sender, path, interface: name, member, body }: Message) => {
    if (type !== MessageType.SIGNAL) return;
    // Its arguments: the name, who had it, who has it.
    if (sender === DBUS.destination && member === "NameOwnerChanged" && body[1] === owner) listener.onServiceGone();
    else if (sender === owner) listener.onSignal({ path, interface: name, member, args: body.map(plain) });
  });
  const whose = await send(DBUS.destination, { ...DBUS, member: "GetNameOwner", signature: "s", args: [service] });
  owner = String(whose.body[0]);
  return {
    call: async (call) => plain((await send(service, call)).body[0]),
    close: () => bus.disconnect(),
  };
}

/** Without the variants around values. */
function plain(value: unknown): unknown {
  if (value instanceof Variant) return plain(value.value);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
