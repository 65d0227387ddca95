/** Ruuvi Air: data formats 6, for 31 bytes of advertising data, and E1, for Bluetooth 5. The most significant byte is first. */
import { type About, bitAt, digitsAt, numberAt, numberOf, type Part } from "./parts.ts";
import type { RuuviFormat } from "./ruuvi.ts";
import { humidityAt, pressureAt, temperatureAt } from "./ruuvi-tag.ts";

const SEQUENCE = { about: "counts measurements" } as const;
const ILLUMINANCE = { about: "illuminance", unit: "lx" } as const;
const AVERAGE_SOUND = { about: "average level of sound", unit: "dB" } as const;
/** A fifth of a decibel, from 18 dB on. */
const SOUND = { per: 5, plus: 90 } as const;
const CALIBRATING = "it is calibrating its sensors";

export const FORMAT_6: RuuviFormat = {
  id: 6,
  length: 20,
  sequences: 256,
  parts: [
    temperatureAt(1),
    humidityAt(3),
    pressureAt(5),
    particlesAt("pm2_5", 7, "2.5"),
    carbonDioxideAt(9),
    ...indicesAt(11, 16),
    logarithmicLight(13),
    nineBits("sound", { at: 14, flags: 16, bit: 4 }, AVERAGE_SOUND, SOUND),
    numberAt("sequence", 15, { bytes: 1 }, SEQUENCE),
    bitAt("calibrating", 16, 0, CALIBRATING),
  ],
};

export const FORMAT_E1: RuuviFormat = {
  id: 0xe1,
  length: 40,
  sequences: 0xffffff,
  parts: [
    temperatureAt(1),
    humidityAt(3),
    pressureAt(5),
    particlesAt("pm1", 7, "1"),
    particlesAt("pm2_5", 9, "2.5"),
    particlesAt("pm4", 11, "4"),
    particlesAt("pm10", 13, "10"),
    carbonDioxideAt(15),
    ...indicesAt(17, 28),
    numberAt("illuminance", 19, { bytes: 3, big: true, per: 100, unknown: 0xffffff }, ILLUMINANCE),
    nineBits("sound_instant", { at: 22, flags: 28, bit: 3 }, { about: "level of sound now", unit: "dB" }, SOUND),
    nineBits("sound", { at: 23, flags: 28, bit: 4 }, AVERAGE_SOUND, SOUND),
    nineBits("sound_peak", { at: 24, flags: 28, bit: 5 }, { about: "highest level of sound", unit: "dB" }, SOUND),
    numberAt("sequence", 25, { bytes: 3, big: true, unknown: 0xffffff }, SEQUENCE),
    bitAt("calibrating", 28, 0, CALIBRATING),
    digitsAt("mac", 34, 6, { about: "address of the sensor", separator: ":" }),
  ],
};

function particlesAt(name: string, at: number, micrometres: string): Part {
  const about = { about: `particles up to ${micrometres} um`, unit: "ug/m3" };
  return numberAt(name, at, { bytes: 2, big: true, per: 10, unknown: 0xffff }, about);
}

function carbonDioxideAt(at: number): Part {
  return numberAt("co2", at, { bytes: 2, big: true, unknown: 0xffff }, { about: "carbon dioxide", unit: "ppm" });
}

function indicesAt(at: number, flags: number): Part[] {
  const index = { per: 1, plus: 0 };
  return [
    nineBits("voc_index", { at, flags, bit: 6 }, { about: "index of volatile organic compounds, 0 to 500" }, index),
    nineBits("nox_index", { at: at + 1, flags, bit: 7 }, { about: "index of nitrogen oxides, 0 to 500" }, index),
  ];
}

interface Place {
  /** The byte with the upper eight bits. */
  readonly at: number;
  /** The byte and the bit of the lowest one. */
  readonly flags: number;
  readonly bit: number;
}

interface Steps {
  /** The value is (integer + plus) ÷ per. */
  readonly per: number;
  readonly plus: number;
}

function nineBits(name: string, { at, flags, bit }: Place, about: About, { per, plus }: Steps): Part {
  return {
    name,
    kind: { type: "number", ...about },
    read: (bytes) => {
      const upper = bytes[at] ?? 0;
      // 511 is "no value"; sensors of an older firmware have 255 in a byte that was reserved then, and no lowest bit.
      return upper === 0xff ? undefined : (((upper << 1) | (((bytes[flags] ?? 0) >> bit) & 1)) + plus) / per;
    },
    write: (bytes, value) => {
      const number = numberOf(value);
      const integer = number === undefined ? 511 : Math.min(509, Math.max(0, Math.round(number * per - plus)));
      bytes[at] = integer >> 1;
      bytes[flags] = (bytes[flags] ?? 0) | ((integer & 1) << bit);
    },
  };
}

/** 254 steps from 0 to 65535 lx, each by the same factor. */
const LIGHT_STEP = Math.log(65_536) / 254;

function logarithmicLight(at: number): Part {
  return {
    name: "illuminance",
    kind: { type: "number", ...ILLUMINANCE },
    read: (bytes) => {
      const step = bytes[at] ?? 0;
      return step === 0xff ? undefined : Math.round((Math.exp(step * LIGHT_STEP) - 1) * 100) / 100;
    },
    write: (bytes, value) => {
      const lux = numberOf(value);
      bytes[at] = lux === undefined ? 0xff : Math.min(254, Math.round(Math.log(Math.max(0, lux) + 1) / LIGHT_STEP));
    },
  };
}
