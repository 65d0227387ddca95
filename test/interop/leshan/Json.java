import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.attributes.Attribute;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.registration.Registration;

/** Leshan's values as JSON. Numbers are strings, for those of 64 bits; opaque is hex; times are ISO 8601. */
final class Json {
    private Json() {
    }

    static ObjectNode ofRegistration(ObjectMapper mapper, Registration registration) {
        ObjectNode json = mapper.createObjectNode();
        json.put("endpoint", registration.getEndpoint());
        json.put("registrationId", registration.getId());
        json.put("address", registration.getAddress().getHostAddress() + ":" + registration.getPort());
        json.put("lwM2mVersion", registration.getLwM2mVersion().toString());
        json.put("lifetime", registration.getLifeTimeInSec());
        json.put("bindingMode", BindingMode.toString(registration.getBindingMode()));
        json.put("queuemode", registration.usesQueueMode());
        json.put("rootPath", registration.getRootPath());
        json.set("objectLinks", ofLinks(mapper, registration.getObjectLinks()));
        ObjectNode versions = json.putObject("supportedObjects");
        registration.getSupportedObject().forEach((id, version) -> versions.put(id.toString(), version.toString()));
        ObjectNode attributes = json.putObject("additionalRegistrationAttributes");
        registration.getAdditionalRegistrationAttributes().forEach(attributes::put);
        return json;
    }

    static ArrayNode ofLinks(ObjectMapper mapper, Link[] links) {
        ArrayNode json = mapper.createArrayNode();
        for (Link link : links) {
            ObjectNode one = json.addObject();
            one.put("url", link.getUriReference());
            ObjectNode attributes = one.putObject("attributes");
            for (Attribute attribute : link.getAttributes()) {
                attributes.put(attribute.getName(), attribute.hasValue() ? textOf(attribute.getValue()) : null);
            }
        }
        return json;
    }

    private static String textOf(Object value) {
        return value instanceof BigDecimal number ? number.toPlainString() : String.valueOf(value);
    }

    static ObjectNode ofResponse(ObjectMapper mapper, LwM2mResponse response) {
        ObjectNode json = mapper.createObjectNode();
        json.put("status", response.getCode().toString());
        json.put("valid", response.isValid());
        json.put("success", response.isSuccess());
        if (response instanceof ReadResponse read) {
            if (read.getContent() != null) json.set("content", ofNode(mapper, read.getContent()));
            if (read.getTimestampedLwM2mNode() != null) {
                json.put("time", String.valueOf(read.getTimestampedLwM2mNode().getTimestamp()));
            }
        }
        if (response instanceof ReadCompositeResponse read && read.getContent() != null) {
            json.set("contents", ofNodes(mapper, read.getContent()));
        }
        if (response instanceof DiscoverResponse discover && discover.getObjectLinks() != null) {
            json.set("objectLinks", ofLinks(mapper, discover.getObjectLinks()));
        }
        if (response instanceof CreateResponse create && create.getLocation() != null) {
            json.put("location", create.getLocation());
        }
        if (response.getErrorMessage() != null) json.put("errormessage", response.getErrorMessage());
        addCoap(json, response);
        return json;
    }

    /** What was on the wire: the Content-Format, and how many bytes. */
    static void addCoap(ObjectNode json, LwM2mResponse response) {
        if (!(response.getCoapResponse() instanceof Response coap)) return;
        ObjectNode wire = json.putObject("coap");
        if (coap.getOptions().hasContentFormat()) wire.put("contentFormat", coap.getOptions().getContentFormat());
        wire.put("bytes", coap.getPayloadSize());
    }

    /** By path; null where a composite answer has nothing. */
    static ObjectNode ofNodes(ObjectMapper mapper, Map<LwM2mPath, LwM2mNode> nodes) {
        ObjectNode json = mapper.createObjectNode();
        nodes.forEach((path, node) -> json.set(path.toString(), node == null ? null : ofNode(mapper, node)));
        return json;
    }

    static JsonNode ofNode(ObjectMapper mapper, LwM2mNode node) {
        ObjectNode json = mapper.createObjectNode();
        json.put("id", ((LwM2mChildNode) node).getId());
        if (node instanceof LwM2mObject object) {
            json.put("kind", "obj");
            addAll(mapper, json.putArray("instances"), object.getInstances().values());
        } else if (node instanceof LwM2mObjectInstance instance) {
            json.put("kind", "instance");
            addAll(mapper, json.putArray("resources"), instance.getResources().values());
        } else if (node instanceof LwM2mResource resource) {
            json.put("kind", resource.isMultiInstances() ? "multiResource" : "singleResource");
            json.put("type", resource.getType().toString());
            if (resource.isMultiInstances()) {
                ObjectNode values = json.putObject("values");
                resource.getInstances().forEach((id, one) -> values.set(id.toString(), ofValue(mapper, one.getValue())));
            } else {
                json.set("value", ofValue(mapper, resource.getValue()));
            }
        } else if (node instanceof LwM2mResourceInstance instance) {
            json.put("kind", "resourceInstance");
            json.put("type", instance.getType().toString());
            json.set("value", ofValue(mapper, instance.getValue()));
        }
        return json;
    }

    private static void addAll(ObjectMapper mapper, ArrayNode array, Collection<? extends LwM2mNode> nodes) {
        for (LwM2mNode node : nodes) array.add(ofNode(mapper, node));
    }

    private static JsonNode ofValue(ObjectMapper mapper, Object value) {
        if (value instanceof Boolean) return mapper.valueToTree(value);
        if (value instanceof byte[] bytes) return mapper.valueToTree(HexFormat.of().formatHex(bytes));
        if (value instanceof ObjectLink link) return mapper.valueToTree(link.encodeToString());
        if (value instanceof Date date) return mapper.valueToTree(date.toInstant().toString());
        if (value instanceof Link[] links) {
            return mapper.valueToTree(new DefaultLinkSerializer().serializeCoreLinkFormat(links));
        }
        return mapper.valueToTree(String.valueOf(value));
    }

    static LwM2mNode toNode(JsonNode json) {
        int id = json.path("id").asInt();
        switch (json.path("kind").asText()) {
        case "instance":
            List<LwM2mResource> resources = new ArrayList<>();
            for (JsonNode resource : json.path("resources")) resources.add((LwM2mResource) toNode(resource));
            return new LwM2mObjectInstance(id, resources);
        case "multiResource":
            Map<Integer, Object> values = new LinkedHashMap<>();
            json.path("values").fields()
                    .forEachRemaining(each -> values.put(Integer.valueOf(each.getKey()), toValue(json, each.getValue())));
            return LwM2mMultipleResource.newResource(id, values, typeOf(json));
        case "resourceInstance":
            return LwM2mResourceInstance.newInstance(id, toValue(json, json.path("value")), typeOf(json));
        case "singleResource":
            return LwM2mSingleResource.newResource(id, toValue(json, json.path("value")), typeOf(json));
        default:
            throw new IllegalArgumentException("unknown kind of node in " + json);
        }
    }

    private static Type typeOf(JsonNode json) {
        return Type.valueOf(json.path("type").asText().toUpperCase());
    }

    private static Object toValue(JsonNode json, JsonNode value) {
        String text = value.asText();
        return switch (typeOf(json)) {
        case INTEGER -> Long.valueOf(text);
        case UNSIGNED_INTEGER -> ULong.valueOf(text);
        case FLOAT -> Double.valueOf(text);
        case BOOLEAN -> Boolean.valueOf(text);
        case OPAQUE -> HexFormat.of().parseHex(text);
        case TIME -> Date.from(Instant.parse(text));
        case OBJLNK -> ObjectLink.decodeFromString(text);
        case STRING -> text;
        case CORELINK, NONE -> throw new IllegalArgumentException("not written here: " + json);
        };
    }
}
