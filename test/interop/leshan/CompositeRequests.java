import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.CancelCompositeObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/**
 * The composite operations of the HTTP API, below /api/clients/{endpoint}/composite; paths=/3/0,/1/0/1 in the query,
 * pathformat for the list, nodeformat for the values:
 *
 *   GET                Read-Composite
 *   PUT                Write-Composite; the body is {"/1/0/1": node, …}
 *   POST    /observe   Observe-Composite
 *   DELETE  /observe   Cancel by a reset of the next notification; with active, by a request
 */
final class CompositeRequests {
    private final LeshanServer server;
    private final ObjectMapper mapper;
    private final long timeout;

    CompositeRequests(LeshanServer server, ObjectMapper mapper, long timeout) {
        this.server = server;
        this.mapper = mapper;
        this.timeout = timeout;
    }

    JsonNode answer(String operation, Registration registration, Map<String, String> parameters, String body)
            throws Exception {
        ContentFormat listed = ContentFormat.fromName(parameters.getOrDefault("pathformat", "SENML_CBOR"));
        ContentFormat format = ContentFormat.fromName(parameters.getOrDefault("nodeformat", "SENML_CBOR"));
        String[] paths = parameters.getOrDefault("paths", "").split(",");
        return switch (operation) {
        case "GET " -> send(registration, new ReadCompositeRequest(listed, format, paths));
        case "PUT " -> send(registration, new WriteCompositeRequest(format, nodes(mapper.readTree(body)), null));
        case "POST observe" -> send(registration, new ObserveCompositeRequest(listed, format, paths));
        case "DELETE observe" -> cancel(registration, paths, parameters.containsKey("active"));
        default -> throw new IllegalArgumentException("there is no composite " + operation);
        };
    }

    private static Map<LwM2mPath, LwM2mNode> nodes(JsonNode json) {
        Map<LwM2mPath, LwM2mNode> nodes = new LinkedHashMap<>();
        json.fields().forEachRemaining(each -> nodes.put(new LwM2mPath(each.getKey()), Json.toNode(each.getValue())));
        return nodes;
    }

    private JsonNode cancel(Registration registration, String[] paths, boolean active) throws InterruptedException {
        if (!active) {
            ObjectNode json = mapper.createObjectNode();
            json.put("cancelled", server.getObservationService().cancelCompositeObservations(registration, paths));
            return json;
        }
        List<LwM2mPath> list = LwM2mPath.getLwM2mPathList(List.of(paths));
        for (Observation observation : server.getObservationService().getObservations(registration)) {
            if (observation instanceof CompositeObservation composite && composite.getPaths().equals(list)) {
                JsonNode answer = send(registration, new CancelCompositeObservationRequest(composite));
                server.getObservationService().cancelObservation(composite);
                return answer;
            }
        }
        throw new IllegalStateException("nothing observes " + list);
    }

    private <T extends LwM2mResponse> JsonNode send(Registration registration, DownlinkDeviceManagementRequest<T> request)
            throws InterruptedException {
        T response = server.send(registration, request, timeout);
        if (response == null) throw new IllegalStateException("no answer within " + timeout + " ms");
        return Json.ofResponse(mapper, response);
    }
}
