import assert from "node:assert/strict";
import { Lwm2mError } from "../../src/errors.ts";

/** For assert.throws and assert.rejects: an Lwm2mError with this code, and a message that fits. */
export function refused(code: number, message?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Lwm2mError, String(error));
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  };
}
