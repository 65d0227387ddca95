/** What the operator of the gateway lets one server see and do. */
import type { Clock } from "../../clock.ts";
import type { ServerSettings } from "../../config/types.ts";
import { guarded, type Visible } from "../../servers/access/guarded.ts";
import type { WritePolicy } from "../../servers/access/policy.ts";
import type { ServerAccount } from "../../servers/account.ts";
import type { Sight } from "../../servers/sight.ts";
import { type DeviceNames, visibleDevices } from "./visible-devices.ts";

export interface Admitted {
  readonly sight: Sight;
  /** Absent: it sees every device. */
  readonly visible: Visible | undefined;
}

/** `all` is what there is. */
export function admitted(
  all: Sight,
  settings: ServerSettings,
  account: ServerAccount,
  { clock, deviceNames }: { readonly clock: Clock; readonly deviceNames: DeviceNames },
): Admitted {
  const visible = visibleDevices(settings.access.devices, deviceNames);
  const sight = guarded(all, {
    policy: policyOf(settings, account),
    ...(visible === undefined ? {} : { visible }),
    now: () => clock.monotonic(),
  });
  return { sight, visible };
}

export function policyOf({ id, access }: ServerSettings, { instance }: ServerAccount): WritePolicy {
  const { write, writable, limit } = access;
  return { server: id, account: instance, write, writable, ...(limit === undefined ? {} : { limit }) };
}
