/** How a value in one unit becomes one in another: value * factor + offset. */
export interface UnitConversion {
  readonly factor: number;
  readonly offset: number;
}

/** A refusal is a sentence: "unit A cannot become V". */
export declare function convertUnit(from: string, to: string): UnitConversion | { readonly refusal: string };
