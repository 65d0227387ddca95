import type { CommandGroup } from "./command.ts";
import { keysPair } from "./keys-pair.ts";
import { keysPsk } from "./keys-psk.ts";
import { keysRequest } from "./keys-request.ts";
import { keysShow } from "./keys-show.ts";
import { keysSigning } from "./keys-signing.ts";
import { keysToken } from "./keys-token.ts";

/** What secures the way to servers, `psk`, `rpk` and `x509` of a configuration; and the way to the API. */
export const keys: CommandGroup = {
  name: "keys",
  summary: "Makes keys and certificate requests for coaps:// servers, a token for the API, and shows what there is.",
  commands: {
    psk: keysPsk,
    pair: keysPair,
    request: keysRequest,
    show: keysShow,
    token: keysToken,
    signing: keysSigning,
  },
};
