/** The numbers of instances where those of all devices stand side by side: layout `instances`. */
import type { Database } from "better-sqlite3";
import { MAX_ID } from "../lwm2m/path.ts";

/** An instance of an object of a device, e.g. /meter-1/3303/0. */
export interface DeviceInstance {
  /** Its id. */
  readonly device: string;
  readonly object: number;
  readonly instance: number;
}

export interface NumberedInstance extends DeviceInstance {
  /** Among the instances of this object of all devices. */
  readonly number: number;
}

/**
 * The number of each of these: the one that it has, else the smallest that nothing has, in their order. Where all 65535 are taken the
 * instance is left out. Changes nothing itself.
 */
export function numberInstances(
  known: readonly NumberedInstance[],
  wanted: readonly DeviceInstance[],
): { readonly numbered: readonly NumberedInstance[]; readonly added: readonly NumberedInstance[] } {
  const numbers = new Map(known.map((one) => [keyOf(one), one]));
  const taken = new Map<number, Taken>();
  for (const { object, number } of known) takenOf(taken, object).numbers.add(number);
  const added: NumberedInstance[] = [];
  const numbered = wanted.flatMap((one): NumberedInstance[] => {
    const before = numbers.get(keyOf(one));
    if (before !== undefined) return [before];
    const number = nextFree(takenOf(taken, one.object));
    if (number >= MAX_ID) return [];
    const given = { ...one, number };
    numbers.set(keyOf(one), given);
    added.push(given);
    return [given];
  });
  return { numbered, added };
}

/** The table `numbers`, in one transaction; of a device without a place nothing is kept. Throws SqliteError. */
export function assignNumbers(db: Database, wanted: readonly DeviceInstance[]): readonly NumberedInstance[] {
  const select = db.prepare<[], NumberedInstance>("SELECT device, object, instance, number FROM numbers");
  const insert = db.prepare<[number, number, number, string]>(
    "INSERT INTO numbers (device, object, instance, number) SELECT id, ?, ?, ? FROM devices WHERE id = ?",
  );
  return db
    .transaction(() => {
      const { numbered, added } = numberInstances(select.all(), wanted);
      const placeless = new Set(
        added.filter(
          ({ device, object, instance, number }) => insert.run(object, instance, number, device).changes === 0,
        ),
      );
      return numbered.filter((one) => !placeless.has(one));
    })
    .immediate();
}

interface Taken {
  readonly numbers: Set<number>;
  /** None below it is free. */
  next: number;
}

function takenOf(all: Map<number, Taken>, object: number): Taken {
  const taken = all.get(object) ?? { numbers: new Set(), next: 0 };
  all.set(object, taken);
  return taken;
}

function nextFree(taken: Taken): number {
  while (taken.numbers.has(taken.next)) taken.next++;
  if (taken.next < MAX_ID) taken.numbers.add(taken.next);
  return taken.next;
}

function keyOf({ device, object, instance }: DeviceInstance): string {
  return `${object}/${instance} ${device}`;
}
