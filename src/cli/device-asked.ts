/** Asking the running gateway about its devices. */

import type { UnixMillis } from "../clock.ts";
import type { DevicesView, DeviceView, DisabledView, ValuesView } from "../gateway/views/device-views.ts";
import type { Why } from "../gateway/views/why/why.ts";
import { askGateway } from "./admin.ts";
import type { Arguments } from "./command.ts";

export async function askedDevices(args: Arguments, problems: boolean): Promise<DevicesView> {
  return (await askGateway(args, `/v1/devices${problems ? "?problems=1" : ""}`)) as DevicesView;
}

export type AskedDevice = DeviceView | { readonly now: UnixMillis; readonly disabled: DisabledView };

export async function askedDevice(args: Arguments, id: string): Promise<AskedDevice> {
  return (await askGateway(args, pathOf(id))) as AskedDevice;
}

export interface ValuesAsked {
  readonly raw: boolean;
  readonly bad: boolean;
}

export async function askedValues(args: Arguments, id: string, { raw, bad }: ValuesAsked): Promise<ValuesView> {
  const query = [...(raw ? ["raw=1"] : []), ...(bad ? ["bad=1"] : [])].join("&");
  return (await askGateway(args, `${pathOf(id)}/values${query === "" ? "" : `?${query}`}`)) as ValuesView;
}

/** `subject`: the id of a device, or a path. */
export async function askedWhy(args: Arguments, subject: string): Promise<Why> {
  return (await askGateway(args, `/v1/why?path=${encodeURIComponent(subject)}`)) as Why;
}

function pathOf(id: string): string {
  return `/v1/devices/${encodeURIComponent(id)}`;
}
