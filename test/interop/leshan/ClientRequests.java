import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/**
 * The HTTP API: one LwM2M operation a request. Below /api/clients/{endpoint}:
 *
 *   GET     /3/0             Read (format=TLV, SENML_JSON, SENML_CBOR, TEXT, …)
 *   GET     /3/0/discover    Discover
 *   PUT     /1/0/1           Write (format, replace=false); the body is a node as JSON
 *   PUT     /3/attributes    Write-Attributes; the query is that of the operation
 *   POST    /1/0/8           Execute; the body is its arguments
 *   POST    /3               Create; the body is an instance as JSON; without id the client chooses one
 *   DELETE  /3/0             Delete
 *   POST    /3/0/13/observe  Observe (format)
 *   DELETE  /3/0/13/observe  Cancel by a reset of the next notification; with active, by a request
 *
 * Below /composite are those of several paths: see CompositeRequests.
 *
 * A path may begin with the prefix of a device behind a gateway: see Devices. The answer is 200 with the LwM2M response
 * as JSON, or 502 with {"error": …} where Leshan got none that it takes.
 */
final class ClientRequests implements HttpHandler {
    private static final long TIMEOUT = 10_000;
    private final LeshanServer server;
    private final ObjectMapper mapper;
    private final Devices devices;
    private final CompositeRequests composites;

    ClientRequests(LeshanServer server, ObjectMapper mapper) {
        this.server = server;
        this.mapper = mapper;
        this.devices = new Devices(server);
        this.composites = new CompositeRequests(server, mapper, TIMEOUT);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        int status = 200;
        JsonNode answer;
        try {
            answer = answer(exchange);
        } catch (Exception e) {
            status = 502;
            ObjectNode error = mapper.createObjectNode();
            error.put("error", e.toString());
            if (e.getCause() != null) error.put("cause", e.getCause().toString());
            answer = error;
        }
        byte[] body = mapper.writeValueAsBytes(answer);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private JsonNode answer(HttpExchange exchange) throws Exception {
        List<String> path = new ArrayList<>(Arrays.asList(exchange.getRequestURI().getPath().split("/")));
        // The path begins with a slash, api and clients.
        path.subList(0, 3).clear();
        if (path.isEmpty()) return registrations();
        Registration registration = server.getRegistrationService().getByEndpoint(path.remove(0));
        if (registration == null) throw new IllegalStateException("there is no such client");
        if (path.isEmpty()) return Json.ofRegistration(mapper, registration);
        if (path.get(0).equals("composite")) return composite(exchange, registration, path.size() > 1 ? path.get(1) : "");
        Registration target = isNumber(path.get(0)) ? registration : devices.find(registration, path.remove(0));
        String verb = path.isEmpty() || isNumber(path.get(path.size() - 1)) ? "" : path.remove(path.size() - 1);
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Call call = new Call(target, "/" + String.join("/", path), exchange.getRequestURI().getRawQuery(), body);
        return perform(exchange.getRequestMethod() + " " + verb, call);
    }

    private JsonNode composite(HttpExchange exchange, Registration registration, String verb) throws Exception {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Call call = new Call(registration, "/", exchange.getRequestURI().getRawQuery(), body);
        return composites.answer(exchange.getRequestMethod() + " " + verb, registration, call.parameters(), body);
    }

    private JsonNode perform(String operation, Call call) throws Exception {
        return switch (operation) {
        case "GET " -> send(call, new ReadRequest(call.format(), call.path));
        case "GET discover" -> send(call, new DiscoverRequest(call.path));
        case "PUT " -> send(call, new WriteRequest(call.mode(), call.format(), call.path, Json.toNode(mapper.readTree(call.body))));
        case "PUT attributes" -> send(call, new WriteAttributesRequest(call.path,
                new LwM2mAttributeSet(new DefaultLwM2mAttributeParser().parseUriQuery(call.query))));
        case "POST " -> call.isExecutable() ? send(call, new ExecuteRequest(call.path, call.body)) : send(call,
                creation(call, mapper.readTree(call.body)));
        case "DELETE " -> send(call, new DeleteRequest(call.path));
        case "POST observe" -> send(call, new ObserveRequest(call.format(), call.path));
        case "DELETE observe" -> cancel(call);
        default -> throw new IllegalArgumentException("there is no " + operation);
        };
    }

    private static CreateRequest creation(Call call, JsonNode instance) {
        LwM2mObjectInstance node = (LwM2mObjectInstance) Json.toNode(instance);
        return instance.has("id") ? new CreateRequest(call.format(), call.path, node)
                : new CreateRequest(call.format(), call.path, node.getResources().values());
    }

    private JsonNode cancel(Call call) throws InterruptedException {
        if (!call.parameters().containsKey("active")) {
            ObjectNode json = mapper.createObjectNode();
            json.put("cancelled", server.getObservationService().cancelObservations(call.registration, call.path));
            return json;
        }
        for (Observation observation : server.getObservationService().getObservations(call.registration)) {
            if (observation instanceof SingleObservation single && single.getPath().toString().equals(call.path)) {
                JsonNode answer = send(call, new CancelObservationRequest(single));
                server.getObservationService().cancelObservation(single);
                return answer;
            }
        }
        throw new IllegalStateException("nothing observes " + call.path);
    }

    private <T extends LwM2mResponse> JsonNode send(Call call, DownlinkDeviceManagementRequest<T> request)
            throws InterruptedException {
        T response = server.send(call.registration, request, TIMEOUT);
        if (response == null) throw new IllegalStateException("no answer within " + TIMEOUT + " ms");
        return Json.ofResponse(mapper, response);
    }

    private JsonNode registrations() {
        ArrayNode all = mapper.createArrayNode();
        server.getRegistrationService().getAllRegistrations()
                .forEachRemaining(registration -> all.add(Json.ofRegistration(mapper, registration)));
        return all;
    }

    private static boolean isNumber(String segment) {
        return segment.matches("\\d+");
    }

    private record Call(Registration registration, String path, String query, String body) {
        Map<String, String> parameters() {
            Map<String, String> all = new HashMap<>();
            if (query == null) return all;
            for (String one : query.split("&")) {
                String[] parts = one.split("=", 2);
                all.put(parts[0], parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
            return all;
        }

        /** A name of Leshan's, or the number of a Content-Format. */
        ContentFormat format() {
            String name = parameters().get("format");
            if (name == null) return null;
            return isNumber(name) ? ContentFormat.fromCode(Integer.parseInt(name)) : ContentFormat.fromName(name);
        }

        WriteRequest.Mode mode() {
            return "false".equals(parameters().get("replace")) ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE;
        }

        boolean isExecutable() {
            return path.split("/").length == 4;
        }
    }
}
