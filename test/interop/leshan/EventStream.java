import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.stream.Collectors;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;

/** GET /api/event: what happens, as server-sent events REGISTRATION, UPDATED, DEREGISTRATION, NOTIFICATION, SEND, ERROR. */
final class EventStream implements HttpHandler, RegistrationListener, ObservationListener, SendListener {
    private final ObjectMapper mapper;
    private final Set<OutputStream> listeners = new CopyOnWriteArraySet<>();

    EventStream(LeshanServer server, ObjectMapper mapper) {
        this.mapper = mapper;
        server.getRegistrationService().addListener(this);
        server.getObservationService().addListener(this);
        server.getSendService().addListener(this);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream body = exchange.getResponseBody();
        synchronized (this) {
            body.write(": open\n\n".getBytes(StandardCharsets.UTF_8));
            body.flush();
            listeners.add(body);
        }
    }

    private synchronized void send(String event, ObjectNode data) {
        for (OutputStream listener : listeners) {
            try {
                String text = "event: " + event + "\ndata: " + mapper.writeValueAsString(data) + "\n\n";
                listener.write(text.getBytes(StandardCharsets.UTF_8));
                listener.flush();
            } catch (IOException gone) {
                listeners.remove(listener);
            }
        }
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> observations) {
        send("REGISTRATION", Json.ofRegistration(mapper, registration));
    }

    /** The registration as it is now, and whether this Update itself carried a lifetime or an object list. */
    @Override
    public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
        ObjectNode data = mapper.createObjectNode();
        data.set("registration", Json.ofRegistration(mapper, updated));
        ObjectNode carried = data.putObject("update");
        carried.put("registrationId", update.getRegistrationId());
        carried.put("lifeTimeInSec", update.getLifeTimeInSec());
        if (update.getObjectLinks() != null) carried.set("objectLinks", Json.ofLinks(mapper, update.getObjectLinks()));
        send("UPDATED", data);
    }

    @Override
    public void unregistered(Registration registration, Collection<Observation> observations, boolean expired,
            Registration next) {
        ObjectNode data = Json.ofRegistration(mapper, registration);
        data.put("expired", expired);
        send("DEREGISTRATION", data);
    }

    /** Newest first where the notification has times: [{"time": "2026-01-31T12:00:00.5Z", "val": …}, …]. */
    @Override
    public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
        ObjectNode data = about(observation, registration);
        data.put("status", response.getCode().toString());
        if (response.getContent() != null) data.set("val", Json.ofNode(mapper, response.getContent()));
        if (response.getTimestampedLwM2mNodes() != null) {
            ArrayNode values = data.putArray("timestamped");
            for (TimestampedLwM2mNode node : response.getTimestampedLwM2mNodes()) {
                ObjectNode value = values.addObject();
                if (node.getTimestamp() != null) value.put("time", node.getTimestamp().toString());
                value.set("val", Json.ofNode(mapper, node.getNode()));
            }
        }
        Json.addCoap(data, response);
        send("NOTIFICATION", data);
    }

    @Override
    public void onResponse(CompositeObservation observation, Registration registration,
            ObserveCompositeResponse response) {
        ObjectNode data = about(observation, registration);
        data.put("status", response.getCode().toString());
        if (response.getContent() != null) data.set("vals", Json.ofNodes(mapper, response.getContent()));
        if (response.getTimestampedLwM2mNodes() != null) addTimestamped(data, response.getTimestampedLwM2mNodes());
        Json.addCoap(data, response);
        send("NOTIFICATION", data);
    }

    /** What a client sent by itself, with the times that it has. */
    @Override
    public void dataReceived(Registration registration, TimestampedLwM2mNodes nodes, SendRequest request) {
        ObjectNode data = mapper.createObjectNode();
        data.put("ep", registration.getEndpoint());
        data.put("format", request.getFormat().getCode());
        addTimestamped(data, nodes);
        send("SEND", data);
    }

    /** A Send that Leshan cannot take. */
    @Override
    public void onError(Registration registration, String message, Exception error) {
        ObjectNode data = mapper.createObjectNode();
        data.put("ep", registration.getEndpoint());
        data.put("res", "/dp");
        data.put("error", message);
        if (error != null) data.put("cause", String.valueOf(error));
        send("ERROR", data);
    }

    private void addTimestamped(ObjectNode data, TimestampedLwM2mNodes nodes) {
        ArrayNode values = data.putArray("timestampedVals");
        for (Instant time : nodes.getTimestamps()) {
            ObjectNode value = values.addObject();
            if (time != null) value.put("time", time.toString());
            value.set("vals", Json.ofNodes(mapper, nodes.getNodesAt(time)));
        }
    }

    @Override
    public void onError(Observation observation, Registration registration, Exception error) {
        ObjectNode data = about(observation, registration);
        data.put("error", String.valueOf(error));
        if (error.getCause() != null) data.put("cause", String.valueOf(error.getCause()));
        send("ERROR", data);
    }

    @Override
    public void newObservation(Observation observation, Registration registration) {
    }

    @Override
    public void cancelled(Observation observation) {
    }

    private ObjectNode about(Observation observation, Registration registration) {
        ObjectNode data = mapper.createObjectNode();
        data.put("ep", registration.getEndpoint());
        if (observation instanceof SingleObservation single) data.put("res", single.getPath().toString());
        if (observation instanceof CompositeObservation composite) {
            data.put("res", composite.getPaths().stream().map(Object::toString).collect(Collectors.joining(",")));
        }
        return data;
    }
}
