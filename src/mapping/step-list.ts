/** Steps of a mapping, parameters filled in: what the adapter makes of them, every problem at its place. */
import type { AdapterModule } from "../adapter.ts";
import { describeIssues, issuesOf } from "../yaml/issues.ts";
import { entryOf, type MapNode } from "../yaml/nodes.ts";
import { type Report, reportError, toPlainMap } from "../yaml/read.ts";
import type { ByteOrder } from "./conversion-types.ts";
import { compileSteps, StepError, type Steps } from "./steps.ts";

export interface StepListContext {
  readonly adapter: AdapterModule;
  /** The adapter's parsed section. */
  readonly device: unknown;
  readonly order?: ByteOrder;
  readonly report: Report;
}

/** Undefined where a step is wrong, which was reported; `title`: of what. `alsoKnown`: what else may stand in such a list. */
export function readSteps(
  maps: readonly MapNode[],
  title: string,
  { adapter, device, order, report }: StepListContext,
  alsoKnown: readonly string[] = [],
): Steps | undefined {
  const faulty = maps.flatMap((map) => {
    const fault = device === undefined ? undefined : adapter.stepFault?.(device, toPlainMap(map));
    return fault === undefined ? [] : [{ place: map.place, fault }];
  });
  for (const { place, fault } of faulty) reportError(report, place, `${title}: ${fault}`, "LG330");
  if (faulty.length > 0) return undefined;
  try {
    return compileSteps(
      maps.map((map) => toPlainMap(map)),
      {
        shape: (step) => adapter.shape(step),
        parse: (step) => adapter.step.parse(step),
        ...(order === undefined ? {} : { order }),
      },
    );
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const step = maps[error.index];
    if (step === undefined) throw error;
    const { cause } = error;
    if (cause instanceof Error && "issues" in cause) {
      const about = { schema: adapter.step, alsoKnown: ["as", "order", ...alsoKnown], later: [] };
      for (const problem of describeIssues(issuesOf(cause), step, about)) report(problem);
    } else {
      const entry = error.key === undefined ? undefined : entryOf(step, error.key);
      reportError(report, entry?.value.place ?? step.place, error.message, "LG330");
    }
    return undefined;
  }
}
