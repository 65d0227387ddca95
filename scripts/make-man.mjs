// Makes docs/man/lwm2m-gateway.1 of the tables of the subcommands. `npm run build` calls it; it is not kept in the repository, so
// that it is never out of date.
//
//   node scripts/run.mjs node scripts/make-man.mjs
//
// In packages it goes to usr/share/man/man1/lwm2m-gateway.1 (gzip -9n). The completions beside it are printed by the program:
//   lwm2m-gateway completion bash   usr/share/bash-completion/completions/lwm2m-gateway
//   lwm2m-gateway completion zsh    usr/share/zsh/vendor-completions/_lwm2m-gateway
//   lwm2m-gateway completion fish   usr/share/fish/vendor_completions.d/lwm2m-gateway.fish
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { allCommands } from "../src/cli/commands.ts";
import { manPage } from "../src/cli/man-page.ts";
import { packageVersion } from "../src/locate.ts";

const output = fileURLToPath(new URL("../docs/man/lwm2m-gateway.1", import.meta.url));
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, manPage(await allCommands(), packageVersion()));
