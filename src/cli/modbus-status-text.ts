import { formatDuration } from "../duration.ts";
import type { ClusterStatus, ConnectionStatus, RemoteModbusStatus } from "../gateway/remote-modbus/status.ts";
import { table } from "../table.ts";

/** A row for each Modbus Connection and Modbus Register Cluster; none where servers have no raw Modbus. */
export function modbusLines(modbus: RemoteModbusStatus | undefined): readonly string[] {
  if (modbus === undefined) return [];
  const rows = [...modbus.connections.map(connectionRow), ...modbus.clusters.map(clusterRow)];
  return table([["MODBUS FOR SERVERS", "WHAT", "STATE"], ...rows]);
}

function connectionRow({ instance, address, link, state, reason }: ConnectionStatus): string[] {
  const what = link === undefined ? address : `${address} (link ${link})`;
  return [`/10374/${instance}`, what, reason === undefined ? state : `${state}: ${reason}`];
}

function clusterRow({ instance, connection, registers, every, trouble }: ClusterStatus): string[] {
  const what = registers === undefined ? "-" : `/10374/${connection}, ${registers}`;
  const polled = every === undefined ? "not observed" : `every ${formatDuration(every)}`;
  return [`/10375/${instance}`, what, trouble === undefined ? polled : `${polled}: ${trouble}`];
}
