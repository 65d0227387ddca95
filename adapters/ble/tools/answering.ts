/** A link's end of what tools ask: what is heard, and what a peripheral has. */
import { type Ask, type Clock, DeviceError, type Millis, SECOND } from "../../../src/adapter.ts";
import type { Central } from "../central/central.ts";
import type { CharacteristicRef, Peripheral } from "../central/session-types.ts";
import type { Advertisement, Characteristic } from "../radio/radio.ts";
import { type BleRequest, plain, requestOf, type VisitedCharacteristic, type VisitRequest } from "./asks.ts";

/** So many advertisements fit one answer. */
const MOST_HEARD = 2000;
/** Of what a characteristic notifies. */
const MOST_NOTIFIED = 200;
/** How long one operation of a visit may take. */
const OPERATION: Millis = 5 * SECOND;

/** What the tools of BLE need of a link. */
export type AnsweringCentral = Pick<Central, "hear" | "listen" | "session" | "sessionOf">;

export function askOn(central: AnsweringCentral, clock: Clock): Ask {
  return async (asked) => plain(await answer(requestOf(asked), central, clock));
}

function answer(request: BleRequest, central: AnsweringCentral, clock: Clock): Promise<unknown> {
  switch (request.kind) {
    case "hear":
      return hear(request.span, central, clock);
    case "visit":
      return visit(request, central, clock);
  }
}

/** Rejects where the adapter is not there at the end, and nothing was heard. */
async function hear(span: Millis, central: AnsweringCentral, clock: Clock): Promise<readonly Advertisement[]> {
  const heard: Advertisement[] = [];
  let unavailable: string | undefined;
  const leave = [
    central.hear((advertisement) => {
      if (heard.length < MOST_HEARD) heard.push(advertisement);
    }),
    central.listen((available, reason) => {
      unavailable = available ? undefined : reason;
    }),
  ];
  await pause(span, clock);
  for (const end of leave) end();
  if (heard.length === 0 && unavailable !== undefined) throw new DeviceError("unreachable", unavailable);
  return heard;
}

/** On the session of the device that the gateway has there, or on one of its own: a peripheral is connected to once. */
async function visit(request: VisitRequest, central: AnsweringCentral, clock: Clock): Promise<unknown> {
  const existing = central.sessionOf(request.address);
  // Most stacks connect to what they have heard of only.
  const leave = central.hear(() => {});
  const session = existing ?? central.session(specOf(request), { onReachable: () => {}, onNotification: () => {} });
  try {
    return await session.use("read", (peripheral) => look(peripheral, request, clock));
  } finally {
    leave();
    if (existing === undefined) session.close();
  }
}

function specOf({ address, addressType }: VisitRequest): Parameters<AnsweringCentral["session"]>[0] {
  return { name: address, address: () => address, addressType, connect: "poll", subscriptions: [] };
}

async function look(peripheral: Peripheral, request: VisitRequest, clock: Clock): Promise<unknown> {
  const all = peripheral.services.flatMap(({ characteristics }) => characteristics);
  const { only, write } = request;
  const wanted = only === undefined ? undefined : peripheral.find(only);
  if (wanted !== undefined && write !== undefined) {
    const response = wanted.properties.has("write");
    await peripheral.write(refOf(wanted, all), write, { response, timeout: OPERATION });
  }
  const characteristics: VisitedCharacteristic[] = [];
  for (const each of all) {
    const isWanted = wanted === undefined || wanted === each;
    characteristics.push(await seen(peripheral, each, { ref: refOf(each, all), isWanted }));
  }
  await listenTo(
    peripheral,
    characteristics,
    { request, isWanted: (at) => wanted === undefined || all[at] === wanted },
    clock,
  );
  return { mtu: peripheral.mtu, characteristics };
}

async function seen(
  peripheral: Peripheral,
  { service, uuid, properties }: Characteristic,
  { ref, isWanted }: { readonly ref: CharacteristicRef; readonly isWanted: boolean },
): Promise<VisitedCharacteristic> {
  const read = isWanted && properties.has("read") ? await tried(() => peripheral.read(ref, OPERATION)) : {};
  const { index } = ref;
  return {
    service,
    uuid,
    ...(index === undefined ? {} : { index }),
    properties: [...properties],
    notified: [],
    ...read,
  };
}

async function listenTo(
  peripheral: Peripheral,
  characteristics: VisitedCharacteristic[],
  { request: { span }, isWanted }: { readonly request: VisitRequest; readonly isWanted: (at: number) => boolean },
  clock: Clock,
): Promise<void> {
  if (span === 0) return;
  for (const [at, each] of characteristics.entries()) {
    if (!isWanted(at) || !each.properties.some((property) => property === "notify" || property === "indicate"))
      continue;
    const hearing = (bytes: Uint8Array): void => {
      if (each.notified.length < MOST_NOTIFIED) each.notified.push(bytes);
    };
    const { fault } = await tried(async () => {
      await peripheral.subscribe(each, hearing, OPERATION);
      return new Uint8Array();
    });
    if (fault !== undefined) each.fault = fault;
  }
  await pause(span, clock);
}

/** A characteristic that cannot be had is told; a connection that is lost ends the visit. */
async function tried(
  operation: () => Promise<Uint8Array>,
): Promise<{ readonly value?: Uint8Array; readonly fault?: string }> {
  try {
    return { value: await operation() };
  } catch (error) {
    if (!(error instanceof DeviceError) || error.kind === "unreachable") throw error;
    return { fault: error.message };
  }
}

function refOf({ id, service, uuid }: Characteristic, all: readonly Characteristic[]): CharacteristicRef {
  const same = all.filter((other) => other.service === service && other.uuid === uuid);
  const index = same.findIndex((other) => other.id === id);
  return same.length === 1 ? { service, uuid } : { service, uuid, index };
}

function pause(span: Millis, clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.at(clock.monotonic() + span, resolve));
}
