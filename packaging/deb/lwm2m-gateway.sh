#!/bin/sh
# Memory stays flat under load with little room for what is young. "exec": signals go to the program itself.
exec /usr/lib/lwm2m-gateway/bin/node --max-semi-space-size=1 /usr/lib/lwm2m-gateway/dist/src/main.js "$@"
