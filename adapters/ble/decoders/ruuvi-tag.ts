/** RuuviTag and RuuviTag Pro: data formats 3 (RAWv1, firmware 1) and 5 (RAWv2). The most significant byte is first. */
import { digitsAt, numberAt, numberOf, type Part } from "./parts.ts";
import type { RuuviFormat } from "./ruuvi.ts";

const TEMPERATURE = { about: "temperature", unit: "Cel" } as const;
export const HUMIDITY = { about: "relative humidity", unit: "%RH" } as const;
const VOLTAGE = { about: "voltage of the battery", unit: "V" } as const;
const PRESSURE = { about: "air pressure", unit: "Pa" } as const;
/** Above 50 kPa. */
const PRESSURE_FORMAT = { bytes: 2, big: true, plus: 50_000 } as const;
/** In thousandths of standard gravity, which is 9.80665 m/s². */
const ACCELERATION_FORMAT = { bytes: 2, big: true, signed: true, times: 980_665, per: 1e8 } as const;
const NO_SIGNED = -32_768;
const NO_UNSIGNED = 65_535;

/** Format 3 has no integer that means "no value". */
export const FORMAT_3: RuuviFormat = {
  id: 3,
  length: 14,
  sequences: 1,
  parts: [
    numberAt("humidity", 1, { bytes: 1, per: 2 }, HUMIDITY),
    signAndMagnitude("temperature", 2),
    numberAt("pressure", 4, PRESSURE_FORMAT, PRESSURE),
    ...accelerations(6),
    numberAt("battery_voltage", 12, { bytes: 2, big: true, per: 1000 }, VOLTAGE),
  ],
};

export const FORMAT_5: RuuviFormat = {
  id: 5,
  length: 24,
  sequences: NO_UNSIGNED,
  parts: [
    temperatureAt(1),
    humidityAt(3),
    pressureAt(5),
    ...accelerations(7, NO_SIGNED),
    ...power(13),
    numberAt("movement_counter", 15, { bytes: 1, unknown: 255 }, { about: "counts movements, from 254 on to 0" }),
    numberAt("sequence", 16, { bytes: 2, big: true, unknown: NO_UNSIGNED }, { about: "counts measurements" }),
    digitsAt("mac", 18, 6, { about: "address of the tag", separator: ":" }),
  ],
};

/** As formats 5, 6 and E1 have it. */
export function temperatureAt(at: number): Part {
  return numberAt("temperature", at, { bytes: 2, big: true, signed: true, per: 200, unknown: NO_SIGNED }, TEMPERATURE);
}

export function humidityAt(at: number): Part {
  return numberAt("humidity", at, { bytes: 2, big: true, per: 400, unknown: NO_UNSIGNED }, HUMIDITY);
}

export function pressureAt(at: number): Part {
  return numberAt("pressure", at, { ...PRESSURE_FORMAT, unknown: NO_UNSIGNED }, PRESSURE);
}

function accelerations(at: number, unknown?: number): Part[] {
  const format = { ...ACCELERATION_FORMAT, ...(unknown === undefined ? {} : { unknown }) };
  return ["x", "y", "z"].map((axis, i) =>
    numberAt(`acceleration_${axis}`, at + 2 * i, format, { about: `acceleration along ${axis}`, unit: "m/s2" }),
  );
}

/** The sign is the first bit, hundredths are in the second byte. */
function signAndMagnitude(name: string, at: number): Part {
  return {
    name,
    kind: { type: "number", ...TEMPERATURE },
    read: (bytes) => {
      const [whole, hundredths] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
      const hundred = (whole & 0x7f) * 100 + hundredths;
      // Hundredths have two digits: what is more was no temperature.
      return hundredths > 99 ? undefined : (whole & 0x80 ? -hundred : hundred) / 100;
    },
    write: (bytes, value) => {
      const hundred = Math.round((numberOf(value) ?? 0) * 100);
      const magnitude = Math.min(12_799, Math.abs(hundred));
      bytes[at] = Math.floor(magnitude / 100) | (hundred < 0 ? 0x80 : 0);
      bytes[at + 1] = magnitude % 100;
    },
  };
}

/** Eleven bits of voltage and five of transmission power share two bytes. */
function power(at: number): Part[] {
  const word = (bytes: Uint8Array): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const put = (bytes: Uint8Array, bits: number): void => {
    const sum = word(bytes) | bits;
    bytes[at] = sum >> 8;
    bytes[at + 1] = sum & 0xff;
  };
  return [
    {
      name: "battery_voltage",
      kind: { type: "number", ...VOLTAGE },
      read: (bytes) => (word(bytes) >> 5 === 2047 ? undefined : ((word(bytes) >> 5) + 1600) / 1000),
      write: (bytes, value) => put(bytes, step(numberOf(value), (volts) => volts * 1000 - 1600, 2047) << 5),
    },
    {
      name: "tx_power",
      kind: { type: "number", about: "transmission power", unit: "dBm" },
      read: (bytes) => ((word(bytes) & 31) === 31 ? undefined : (word(bytes) & 31) * 2 - 40),
      write: (bytes, value) =>
        put(
          bytes,
          step(numberOf(value), (dbm) => (dbm + 40) / 2, 31),
        ),
    },
  ];
}

/** The nearest step below `none`, which stands for no value. */
function step(value: number | undefined, steps: (value: number) => number, none: number): number {
  return value === undefined ? none : Math.min(none - 1, Math.max(0, Math.round(steps(value))));
}
