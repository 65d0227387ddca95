import java.nio.charset.StandardCharsets;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.lwm2m.DefaultLwM2mLinkParser;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.DefaultRegistrationDataExtractor;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationDataExtractor.RegistrationData;

/**
 * Devices behind an LwM2M Gateway, which Leshan itself does not know. To its request builder and its decoders the prefix of a
 * device is what they know as the alternate path of a client (Core 1.1 §6.4.1): a path before that of the object.
 */
final class Devices {
    private static final int GATEWAY = 25;
    private static final int PREFIX = 1;
    private static final int OBJECTS = 3;
    private final LeshanServer server;

    Devices(LeshanServer server) {
        this.server = server;
    }

    /** The gateway's registration as that of one device: under its prefix, with the objects that object 25 tells of it. */
    Registration find(Registration gateway, String prefix) throws Exception {
        Registration.Builder device = new Registration.Builder(gateway).rootPath("/" + prefix + "/");
        ReadResponse read = server.send(gateway, new ReadRequest(ContentFormat.TLV, GATEWAY), 5000);
        if (read == null || !read.isSuccess()) return device.build();
        for (LwM2mObjectInstance entry : ((LwM2mObject) read.getContent()).getInstances().values()) {
            if (!prefix.equals(entry.getResource(PREFIX).getValue())) continue;
            String list = new DefaultLinkSerializer()
                    .serializeCoreLinkFormat((Link[]) entry.getResource(OBJECTS).getValue());
            Link[] links = new DefaultLwM2mLinkParser().parseCoreLinkFormat(list.getBytes(StandardCharsets.UTF_8));
            RegistrationData data = new DefaultRegistrationDataExtractor().extractDataFromObjectLinks(links,
                    gateway.getLwM2mVersion());
            device.objectLinks(links).supportedObjects(data.getSupportedObjects())
                    .availableInstances(data.getAvailableInstances());
        }
        return device.build();
    }
}
