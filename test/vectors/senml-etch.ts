import type { VectorValue } from "./content.ts";

/** A list of paths, as the request of a Read-Composite has it. */
export interface PathsVector {
  readonly source: string;
  readonly contentFormat: number;
  readonly hex?: string;
  readonly text?: string;
  readonly paths: readonly string[];
}

/** What a Write-Composite wants: values, and instances of resources that shall not be. */
export interface ChangesVector extends Omit<PathsVector, "paths"> {
  readonly values: readonly VectorValue[];
  readonly removed: readonly string[];
}

const LESHAN = "eclipse-leshan LwM2mNodeDecoderTest";
const COMPUTED = "computed from RFC 8790 §3.1, §3.2";
const GATEWAY = "computed from OMA-TS-LWM2M_Gateway-V1_1_1-20240312-A §8.3.2, §9";
const SWITCHES: readonly VectorValue[] = [
  ["/1/0/2", "integer", 101],
  ["/1/0/6", "boolean", true],
  ["/3/0/13", "time", 0],
];
const SWITCHES_HEX = "83 a321612f0065312f302f32021865 a20065312f302f3604f5 a20066332f302f31330200";

export const PATHS_VECTORS: readonly PathsVector[] = [
  json(`${LESHAN} senml_json_decode_path_using_name`, 110, '[{"n":"/4/0/0"},{"n":"/4/0/1"},{"n":"/4/0/2"}]', [
    "/4/0/0",
    "/4/0/1",
    "/4/0/2",
  ]),
  json(`${LESHAN} senml_json_decode_path_using_base_name`, 110, '[{"bn":"/4/0/", "n":"0"},{"n":"1"},{"n":"2"}]', [
    "/4/0/0",
    "/4/0/1",
    "/4/0/2",
  ]),
  json(COMPUTED, 320, '[{"bn":"/3/0/","n":"0"},{"n":"9"},{"bn":"/1/","n":"0"},{"bn":"/"},{"bn":"/25"}]', [
    "/3/0/0",
    "/3/0/9",
    "/1/0",
    "/",
    "/25",
  ]),
  json(COMPUTED, 320, '[{"bn":"/3/0/","bt":1700000000,"bu":"W","n":"9","t":-5,"u":"V"}]', ["/3/0/9"]),
  cbor(COMPUTED, 322, "83 a100662f332f302f30 a100662f332f302f39 a100662f312f302f31", ["/3/0/0", "/3/0/9", "/1/0/1"]),
  cbor(COMPUTED, 322, "9f bf21652f332f302f006130ff a1006139 a1216f2f6d657465722d312f333330332f30 ff", [
    "/3/0/0",
    "/3/0/9",
    "/meter-1/3303/0",
  ]),
  cbor(GATEWAY, 322, "83 a1006a2f6430312f332f302f30 a100682f6430322f332f30 a100662f332f302f39", [
    "/d01/3/0/0",
    "/d02/3/0",
    "/3/0/9",
  ]),
  cbor(GATEWAY, 112, "82 a100642f643031 a100642f643031", ["/d01"]),
];

export const CHANGES_VECTORS: readonly ChangesVector[] = [
  { source: "OMA ETS INT 1.2 int-257", contentFormat: 112, hex: SWITCHES_HEX, values: SWITCHES, removed: [] },
  { source: "the same as a Patch Pack", contentFormat: 322, hex: SWITCHES_HEX, values: SWITCHES, removed: [] },
  {
    source: COMPUTED,
    contentFormat: 322,
    hex: "82 a200692f31362f302f302f3102f6 a200692f31362f302f302f32 036162",
    values: [["/16/0/0/2", "string", "b"]],
    removed: ["/16/0/0/1"],
  },
  {
    source: COMPUTED,
    contentFormat: 320,
    text: '[{"bn":"/16/0/0/","n":"1","v":null},{"n":"2","vs":"b"},{"bn":"/d01/3303/0/","n":"5701","vs":"Cel"}]',
    values: [
      ["/16/0/0/2", "string", "b"],
      ["/d01/3303/0/5701", "string", "Cel"],
    ],
    removed: ["/16/0/0/1"],
  },
  {
    source: `${GATEWAY}; LwM2M CBOR`,
    contentFormat: 11544,
    hex: "a2 84636430311900cb0005 1864 82 03 00 a1 0e 662b30323a3030",
    values: [
      ["/d01/203/0/5", "integer", 100],
      ["/3/0/14", "string", "+02:00"],
    ],
    removed: [],
  },
];

function json(source: string, contentFormat: number, text: string, paths: readonly string[]): PathsVector {
  return { source, contentFormat, text, paths };
}

function cbor(source: string, contentFormat: number, hex: string, paths: readonly string[]): PathsVector {
  return { source, contentFormat, hex, paths };
}
