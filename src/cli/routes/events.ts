/** What happens in the gateway, as it happens. */
import { AdminRefusal } from "../../admin/errors.ts";
import { EventQueue, onceGone } from "../../admin/event-queue.ts";
import { fromJson } from "../../admin/json.ts";
import type { LogRing } from "../../admin/log-ring.ts";
import { type ApiRequest, type Route, Stream } from "../../admin/route.ts";
import { type Millis, SECOND, systemClock } from "../../clock.ts";
import { OWN_NAME } from "../../gateway/firmware/firmware-admin.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { watchServers } from "../../gateway/operator/server-watch.ts";
import { isWithin, type Path } from "../../lwm2m/path.ts";
import { unknownWord } from "../../yaml/issues.ts";
import { levelOf } from "./log.ts";
import { sayingWhy } from "./operator.ts";
import { pathsOf } from "./operator-requests.ts";

const TOPICS = ["devices", "servers", "values", "firmware", "log"] as const;
type Topic = (typeof TOPICS)[number];

export function eventRoutes(gateway: Gateway, ring: LogRing): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/v1/events",
      answer: (request) => sayingWhy(() => new Stream(eventsOf(request, gateway, ring))),
    },
  ];
}

/** Throws AdminRefusal for a topic, a level or a path that is none. */
function eventsOf({ query, signal }: ApiRequest, gateway: Gateway, ring: LogRing): EventQueue {
  const topics = topicsOf(query.get("topics"));
  const level = levelOf(query.get("level") ?? "info");
  const device = query.get("device") ?? undefined;
  const paths = query.has("path") ? pathsOf(query) : undefined;
  const queue = new EventQueue(signal);
  const starts: Readonly<Record<Topic, () => () => void>> = {
    devices: () => watchDevices(gateway, device, queue),
    servers: () =>
      watchServers(
        () => gateway.serverStates(),
        systemClock,
        (state) => queue.push({ event: "server", data: state }),
      ),
    firmware: () => watchFirmware(gateway, device, queue),
    values: () => watchValues(gateway, { device, paths }, queue),
    log: () => ring.listen(level, (line) => queue.push({ event: "log", data: fromJson(line) })),
  };
  for (const topic of topics) {
    onceGone(signal, starts[topic]());
  }
  return queue;
}

function watchDevices({ happenings }: Gateway, wanted: string | undefined, queue: EventQueue): () => void {
  return happenings.watch({
    onDevice: ({ plan: { id }, prefix }, state) => {
      if (wanted === undefined || wanted === id) queue.push({ event: "device", data: { device: id, prefix, state } });
    },
  });
}

/** Each change of state and phase; how far it is, once a second. */
function watchFirmware(
  { happenings, firmwareAdmin }: Pick<Gateway, "happenings" | "firmwareAdmin">,
  wanted: string | undefined,
  queue: EventQueue,
): () => void {
  const told = new Map<string, { readonly what: string; readonly time: Millis }>();
  return happenings.watch({
    onFirmware: (device) => {
      const id = device === "" ? OWN_NAME : device;
      if (wanted !== undefined && wanted !== id) return;
      const { history: _, ...data } = firmwareAdmin.of(id);
      const what = [data.state, data.result, data.progress?.phase, data.waits].join();
      const [before, time] = [told.get(id), systemClock.monotonic()];
      if (before?.what === what && time - before.time < SECOND) return;
      told.set(id, { what, time });
      queue.push({ event: "firmware", data });
    },
  });
}

interface WantedValues {
  readonly device: string | undefined;
  readonly paths: readonly Path[] | undefined;
}

function watchValues({ happenings, operator }: Gateway, wanted: WantedValues, queue: EventQueue): () => void {
  const { device, paths } = wanted;
  return happenings.watch({
    onValues: (samples, of) => {
      if (device !== undefined && device !== of?.plan.id) return;
      for (const sample of samples) {
        if (paths !== undefined && !paths.some((path) => isWithin(sample.path, path))) continue;
        queue.push({ event: "value", data: operator.shown(sample) });
      }
    },
  });
}

/** Those of `?topics=devices,log`; all, where nothing is said. Throws AdminRefusal. */
function topicsOf(list: string | null): ReadonlySet<Topic> {
  const names = list === null ? TOPICS : list.split(",").filter((name) => name !== "");
  return new Set(
    names.map((name) => {
      const topic = TOPICS.find((each) => each === name);
      if (topic === undefined) throw new AdminRefusal(unknownWord("topic", name, TOPICS), { code: "LG705" });
      return topic;
    }),
  );
}
