/** `when:` which entries of a mapping are there, for one device: by its parameters, and by what it says of itself. */
import type { PointId } from "../adapter.ts";
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { slug } from "../lwm2m/objects/slug.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { readExpression } from "./expression/expression.ts";
import type { Constants } from "./expression/scope.ts";
import type { Operand, Type } from "./expression/types.ts";
import { identityName } from "./identity.ts";
import type { MappedResource } from "./mapped-resource.ts";
import { Bad } from "./stage.ts";
import type { MappedObject } from "./structure.ts";
import { namesIn } from "./substitute.ts";

/** What a device says of itself, by point: "3/0/3" is "2.1". */
export type Facts = ReadonlyMap<PointId, Value>;

/** `unknown`: it depends on what the device has not said yet. `never`: its parameters alone forbid it. */
export type Outcome = "holds" | "fails" | "never" | "unknown";

export interface ConditionsContext {
  readonly objects: readonly MappedObject[];
  readonly constants: Constants;
  readonly report: Report;
  /** What is known of the point of this resource; undefined: nothing yet. */
  factOf(resource: MappedResource): Value | undefined;
}

const DEVICE = 3;

export class Conditions {
  private readonly context: ConditionsContext;
  private readonly outcomes = new Map<YamlNode, Outcome>();
  private readonly asked = new Map<PointId, MappedResource>();
  private known: ReadonlyMap<string, MappedResource> | undefined;

  constructor(context: ConditionsContext) {
    this.context = context;
  }

  /** Whether all of these hold. What is wrong with one is reported, once; then it does not. */
  outcomeOf(conditions: readonly YamlNode[]): Outcome {
    const all = conditions.map((condition) => this.outcome(condition));
    return (["never", "fails", "unknown"] as const).find((outcome) => all.includes(outcome)) ?? "holds";
  }

  /** The resources of object 3 on which some condition depends. */
  get needed(): readonly MappedResource[] {
    return [...this.asked.values()];
  }

  /** Equal text, equal outcomes: empty where there is no condition. */
  get text(): string {
    return [...this.outcomes.values()].join(" ");
  }

  private outcome(condition: YamlNode): Outcome {
    let outcome = this.outcomes.get(condition);
    if (outcome === undefined) {
      outcome = this.evaluate(condition);
      this.outcomes.set(condition, outcome);
    }
    return outcome;
  }

  private evaluate(condition: YamlNode): Outcome {
    const { constants, report, factOf } = this.context;
    // As a key that is just `$name`: it goes with its parameter.
    if (namesIn(condition).some((name) => constants.get(name) === "absent")) return "never";
    this.known ??= this.facts();
    const resources = this.known;
    const names = new Map([...resources].map(([name, { definition }]) => [name, typeOf(name, definition)]));
    const expression = readExpression(condition, ["truth"], { names, parameters: constants }, report);
    if (expression === undefined) return "never";
    const inputs = expression.inputs.map((name) => resources.get(name)).filter((input) => input !== undefined);
    for (const input of inputs) this.asked.set(input.point, input);
    const values = inputs.map((input) => operandOf(factOf(input)));
    if (values.some((value) => value === undefined)) return "unknown";
    const result = expression.evaluate(values.filter((value) => value !== undefined));
    // What cannot be compared does not hold.
    const holds = !(result instanceof Bad) && result === true;
    if (holds) return "holds";
    return inputs.length === 0 ? "never" : "fails";
  }

  /** What a condition may name: resources of object 3 that are there whatever the device says. */
  private facts(): ReadonlyMap<string, MappedResource> {
    const facts = new Map<string, MappedResource>();
    for (const object of this.context.objects) {
      if (object.definition.id !== DEVICE) continue;
      for (const resource of object.resources) {
        if (!this.isSettled(resource)) continue;
        const { id, name } = resource.definition;
        for (const word of [slug(name), identityName(id) ?? ""]) if (!facts.has(word)) facts.set(word, resource);
      }
    }
    return facts;
  }

  /** One value that can be compared, and no condition but on parameters. */
  private isSettled({ definition, conditions }: MappedResource): boolean {
    if (definition.multiple || definition.type === undefined || definition.type === "opaque") return false;
    const { constants } = this.context;
    return conditions.every((condition) => {
      const expression = readExpression(condition, ["truth"], { parameters: constants }, () => {});
      return expression?.evaluate([]) === true;
    });
  }
}

function typeOf(name: string, { type }: ResourceDefinition): Type {
  switch (type) {
    case "integer":
    case "unsigned":
    case "float":
    case "time":
      return "number";
    case "boolean":
      return "truth";
    case "string":
    case "opaque":
    case "objlnk":
    case "corelnk":
    case undefined:
      return name.endsWith("_version") ? "version" : "text";
  }
}

function operandOf(value: Value | undefined): Operand | undefined {
  return typeof value === "object" ? undefined : value;
}
