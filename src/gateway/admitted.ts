/** What the operator of the gateway lets one server see and do. */
import type { Clock } from "../clock.ts";
import type { ServerSettings } from "../config/types.ts";
import { guarded, type Visible } from "../servers/access/guarded.ts";
import type { WritePolicy } from "../servers/access/policy.ts";
import type { ServerAccount } from "../servers/account.ts";
import type { Sight } from "../servers/sight.ts";
import { type DeviceNames, visibleDevices } from "./visible-devices.ts";

export interface Admitted {
  readonly sight: Sight;
  /** Absent: it sees every device. */
  readonly visible: Visible | undefined;
}

/** `all` is what there is. */
export function admitted(
  all: Sight,
  { id, access }: ServerSettings,
  { instance }: ServerAccount,
  { clock, deviceNames }: { readonly clock: Clock; readonly deviceNames: DeviceNames },
): Admitted {
  const { devices, write, writable, limit } = access;
  const visible = visibleDevices(devices, deviceNames);
  const policy: WritePolicy = {
    ...{ server: id, account: instance, write, writable },
    ...(limit === undefined ? {} : { limit }),
  };
  const sight = guarded(all, {
    policy,
    ...(visible === undefined ? {} : { visible }),
    now: () => clock.monotonic(),
  });
  return { sight, visible };
}
