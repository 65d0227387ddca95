/**
 * Where the points of SunSpec models lie: what a mapping means by a name. SunSpec Device Information Model Reference: models 1, 101–103,
 * 111–113, 124, 160, 201–204, 211–214, 802.
 */
import { type NumberType, type PointType, registersOf } from "./types.ts";

/** Offsets are counted from the register with the model's ID, which is 0. */
export interface PointLayout {
  readonly offset: number;
  readonly type: PointType;
  readonly registers: number;
  /** Of the register with its scale factor, where it has one. */
  readonly scale?: number;
  /** Whether it stands in each of the blocks that repeat; its offset is that in the first one. */
  readonly repeated?: boolean;
}

export interface ModelLayout {
  readonly points: ReadonlyMap<string, PointLayout>;
  /** Registers without the blocks that repeat, ID and length among them. */
  readonly size: number;
  /** Registers of a block that repeats; 0: there are none. */
  readonly blockSize: number;
}

/** The ID and the length. */
const HEADER = 2;

/** Names in their order, their type (of strings the registers), and the name of their scale factor. One of several names: `A|B`. */
type Row = readonly [names: string, type: NumberType | number, scale?: string];

const COMMON: readonly Row[] = [
  ["Mn Md", 16],
  ["Opt Vr", 8],
  ["SN", 16],
  ["DA Pad", "uint16"],
];

/** Models 101–103. */
const INVERTER: readonly Row[] = [
  ["A AphA AphB AphC", "uint16", "A_SF"],
  ["A_SF", "sunssf"],
  ["PPVphAB PPVphBC PPVphCA PhVphA PhVphB PhVphC", "uint16", "V_SF"],
  ["V_SF", "sunssf"],
  ["W", "int16", "W_SF"],
  ["W_SF", "sunssf"],
  ["Hz", "uint16", "Hz_SF"],
  ["Hz_SF", "sunssf"],
  ["VA", "int16", "VA_SF"],
  ["VA_SF", "sunssf"],
  ["VAr", "int16", "VAr_SF"],
  ["VAr_SF", "sunssf"],
  ["PF", "int16", "PF_SF"],
  ["PF_SF", "sunssf"],
  ["WH", "acc32", "WH_SF"],
  ["WH_SF", "sunssf"],
  ["DCA", "uint16", "DCA_SF"],
  ["DCA_SF", "sunssf"],
  ["DCV", "uint16", "DCV_SF"],
  ["DCV_SF", "sunssf"],
  ["DCW", "int16", "DCW_SF"],
  ["DCW_SF", "sunssf"],
  ["TmpCab TmpSnk TmpTrns TmpOt", "int16", "Tmp_SF"],
  ["Tmp_SF", "sunssf"],
  ["St StVnd", "enum16"],
  ["Evt1 Evt2 EvtVnd1 EvtVnd2 EvtVnd3 EvtVnd4", "bitfield32"],
];

/** Models 111–113. */
const INVERTER_FLOAT: readonly Row[] = [
  ["A AphA AphB AphC PPVphAB PPVphBC PPVphCA PhVphA PhVphB PhVphC", "float32"],
  ["W Hz VA VAr PF WH DCA DCV DCW TmpCab TmpSnk TmpTrns TmpOt", "float32"],
  ["St StVnd", "enum16"],
  ["Evt1 Evt2 EvtVnd1 EvtVnd2 EvtVnd3 EvtVnd4", "bitfield32"],
];

/** Some models have the one name, some the other. */
const LINE_VOLTAGES = "PPVphAB|PhVphAB PPVphBC|PhVphBC PPVphCA|PhVphCA";

/** Models 201–204. */
const METER: readonly Row[] = [
  ["A AphA AphB AphC", "int16", "A_SF"],
  ["A_SF", "sunssf"],
  [`PhV PhVphA PhVphB PhVphC PPV ${LINE_VOLTAGES}`, "int16", "V_SF"],
  ["V_SF", "sunssf"],
  ["Hz", "int16", "Hz_SF"],
  ["Hz_SF", "sunssf"],
  ["W WphA WphB WphC", "int16", "W_SF"],
  ["W_SF", "sunssf"],
  ["VA VAphA VAphB VAphC", "int16", "VA_SF"],
  ["VA_SF", "sunssf"],
  ["VAR VARphA VARphB VARphC", "int16", "VAR_SF"],
  ["VAR_SF", "sunssf"],
  ["PF PFphA PFphB PFphC", "int16", "PF_SF"],
  ["PF_SF", "sunssf"],
  [`${perPhase("TotWhExp")} ${perPhase("TotWhImp")}`, "acc32", "TotWh_SF"],
  ["TotWh_SF", "sunssf"],
  [`${perPhase("TotVAhExp")} ${perPhase("TotVAhImp")}`, "acc32", "TotVAh_SF"],
  ["TotVAh_SF", "sunssf"],
  [reactiveEnergies("Ph"), "acc32", "TotVArh_SF"],
  ["TotVArh_SF", "sunssf"],
  ["Evt", "bitfield32"],
];

/** Models 211–214. */
const METER_FLOAT: readonly Row[] = [
  [`A AphA AphB AphC PhV PhVphA PhVphB PhVphC PPV ${LINE_VOLTAGES} Hz`, "float32"],
  ["W WphA WphB WphC VA VAphA VAphB VAphC VAR VARphA VARphB VARphC PF PFphA PFphB PFphC", "float32"],
  [`${perPhase("TotWhExp")} ${perPhase("TotWhImp")} ${perPhase("TotVAhExp")} ${perPhase("TotVAhImp")}`, "float32"],
  [reactiveEnergies("ph"), "float32"],
  ["Evt", "bitfield32"],
];

const STORAGE: readonly Row[] = [
  ["WChaMax", "uint16", "WChaMax_SF"],
  ["WChaGra WDisChaGra", "uint16", "WChaDisChaGra_SF"],
  ["StorCtl_Mod", "bitfield16"],
  ["VAChaMax", "uint16", "VAChaMax_SF"],
  ["MinRsvPct", "uint16", "MinRsvPct_SF"],
  ["ChaState", "uint16", "ChaState_SF"],
  ["StorAval", "uint16", "StorAval_SF"],
  ["InBatV", "uint16", "InBatV_SF"],
  ["ChaSt", "enum16"],
  ["OutWRte InWRte", "int16", "InOutWRte_SF"],
  ["InOutWRte_WinTms InOutWRte_RvrtTms InOutWRte_RmpTms", "uint16"],
  ["ChaGriSet", "enum16"],
  ["WChaMax_SF WChaDisChaGra_SF VAChaMax_SF MinRsvPct_SF ChaState_SF StorAval_SF InBatV_SF InOutWRte_SF", "sunssf"],
];

const STRINGS: readonly Row[] = [
  ["DCA_SF DCV_SF DCW_SF DCWH_SF", "sunssf"],
  ["Evt", "bitfield32"],
  ["N TmsPer", "uint16"],
];
const STRING: readonly Row[] = [
  ["ID", "uint16"],
  ["IDStr", 8],
  ["DCA", "uint16", "DCA_SF"],
  ["DCV", "uint16", "DCV_SF"],
  ["DCW", "uint16", "DCW_SF"],
  ["DCWH", "acc32", "DCWH_SF"],
  ["Tms", "uint32"],
  ["Tmp", "int16"],
  ["DCSt", "enum16"],
  ["DCEvt", "bitfield32"],
];

const BATTERY: readonly Row[] = [
  ["AHRtg", "uint16", "AHRtg_SF"],
  ["WHRtg", "uint16", "WHRtg_SF"],
  ["WChaRteMax WDisChaRteMax", "uint16", "WChaDisChaMax_SF"],
  ["DisChaRte", "uint16", "DisChaRte_SF"],
  ["SoCMax SoCMin SocRsvMax SoCRsvMin SoC", "uint16", "SoC_SF"],
  ["DoD", "uint16", "DoD_SF"],
  ["SoH", "uint16", "SoH_SF"],
  ["NCyc", "uint32"],
  ["ChaSt LocRemCtl", "enum16"],
  ["Hb CtrlHb AlmRst", "uint16"],
  ["Typ State StateVnd", "enum16"],
  ["WarrDt", "uint32"],
  ["Evt1 Evt2 EvtVnd1 EvtVnd2", "bitfield32"],
  ["V VMax VMin", "uint16", "V_SF"],
  ["CellVMax", "uint16", "CellV_SF"],
  ["CellVMaxStr CellVMaxMod", "uint16"],
  ["CellVMin", "uint16", "CellV_SF"],
  ["CellVMinStr CellVMinMod", "uint16"],
  ["CellVAvg", "uint16", "CellV_SF"],
  ["A", "int16", "A_SF"],
  ["AChaMax ADisChaMax", "uint16", "AMax_SF"],
  ["W", "int16", "W_SF"],
  ["ReqInvState", "enum16"],
  ["ReqW", "int16", "W_SF"],
  ["SetOp SetInvState", "enum16"],
  ["AHRtg_SF WHRtg_SF WChaDisChaMax_SF DisChaRte_SF SoC_SF DoD_SF SoH_SF V_SF CellV_SF A_SF AMax_SF W_SF", "sunssf"],
];

const MODELS: ReadonlyMap<number, ModelLayout> = new Map([
  [1, layout(COMMON)],
  ...[101, 102, 103].map((id) => [id, layout(INVERTER)] as const),
  ...[111, 112, 113].map((id) => [id, layout(INVERTER_FLOAT)] as const),
  [124, layout(STORAGE)],
  [160, layout(STRINGS, STRING)],
  ...[201, 202, 203, 204].map((id) => [id, layout(METER)] as const),
  ...[211, 212, 213, 214].map((id) => [id, layout(METER_FLOAT)] as const),
  [802, layout(BATTERY)],
]);

/** Undefined: nobody here knows where its points are. */
export function layoutOf(model: number): ModelLayout | undefined {
  return MODELS.get(model);
}

export function knownModels(): readonly number[] {
  return [...MODELS.keys()];
}

function perPhase(name: string): string {
  return [name, ...["A", "B", "C"].map((phase) => `${name}Ph${phase}`)].join(" ");
}

function reactiveEnergies(ph: "Ph" | "ph"): string {
  const names = ["ImpQ1", "ImpQ2", "ExpQ3", "ExpQ4"].map((quadrant) => `TotVArh${quadrant}`);
  return names.flatMap((name) => [name, ...["A", "B", "C"].map((phase) => `${name}${ph}${phase}`)]).join(" ");
}

function layout(fixed: readonly Row[], block: readonly Row[] = []): ModelLayout {
  const points = new Map<string, PointLayout>();
  const size = place(fixed, { points, from: HEADER, repeated: false });
  const end = place(block, { points, from: size, repeated: true });
  for (const [names, , scale] of [...fixed, ...block]) {
    const factor = scale === undefined ? undefined : points.get(scale);
    if (factor === undefined) continue;
    for (const name of names.split(/[ |]/)) {
      const point = points.get(name);
      if (point !== undefined) points.set(name, { ...point, scale: factor.offset });
    }
  }
  return { points, size, blockSize: end - size };
}

interface Placing {
  readonly points: Map<string, PointLayout>;
  readonly from: number;
  readonly repeated: boolean;
}

/** The offset behind the last of them. */
function place(rows: readonly Row[], { points, from, repeated }: Placing): number {
  let offset = from;
  for (const [names, type] of rows) {
    const registers = typeof type === "number" ? type : registersOf(type);
    for (const name of names.split(" ")) {
      const point: PointLayout = {
        offset,
        type: typeof type === "number" ? "string" : type,
        registers,
        ...(repeated ? { repeated } : {}),
      };
      for (const alias of name.split("|")) points.set(alias, point);
      offset += registers;
    }
  }
  return offset;
}
