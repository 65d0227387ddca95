/** `order` in the protocol's section: the default of all its points. */
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import { checkOrder } from "./byte-order.ts";
import { type ByteOrder, ConversionError } from "./conversion-types.ts";
import { resourceKeys } from "./keys.ts";

const orderSchema = resourceKeys.shape.order.unwrap();

/** What is wrong with it is told here, once, and not with each of the points. */
export function sectionOrder(section: YamlNode, report: Report): { readonly order?: ByteOrder } {
  const order = childOf(section, "order");
  const read = order === undefined ? undefined : readNode(order, orderSchema, report);
  if (order === undefined || read === undefined) return {};
  try {
    checkOrder(read);
    return { order: read };
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    reportError(report, order.place, error.message, "LG323");
    return {};
  }
}
