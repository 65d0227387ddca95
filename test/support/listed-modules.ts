/** For `--import`: each module that the process and its threads load is a line of the file LISTED_IN. */
export const LISTED_MODULES = `data:text/javascript,${encodeURIComponent(`
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) appendFileSync(process.env.LISTED_IN, url + "\\n");
    return next(url, context);
  },
});
`)}`;
