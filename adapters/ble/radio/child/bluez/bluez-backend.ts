import type { OpenBackend } from "../backend.ts";
export const openBluez: OpenBackend = async () => {
  throw new Error("soon");
};
