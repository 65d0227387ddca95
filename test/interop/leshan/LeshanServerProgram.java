import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.endpoint.LwM2mServerEndpoint;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

/**
 * Leshan's LwM2M Server library as a program: CoAP on 127.0.0.1, and an HTTP API of the same shape as that of
 * Leshan's demo server. Arguments: the CoAP port, the HTTP port (0: any free one), a folder of object definitions
 * (OMA's XML); with a fourth, a file of credentials, it also serves coaps, on any free port. When it serves, it prints
 * one line, {"coap": port, "coaps": port, "http": port, "leshan": version}.
 */
public final class LeshanServerProgram {
    private LeshanServerProgram() {
    }

    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        Credentials credentials = args.length > 3 ? new Credentials(new File(args[3]), mapper) : null;
        LeshanServer server = makeServer(Integer.parseInt(args[0]), new File(args[2]), credentials);
        HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1])), 0);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/api/event", new EventStream(server, mapper));
        http.createContext("/api/clients", new ClientRequests(server, mapper));
        server.start();
        http.start();
        ObjectNode ready = mapper.createObjectNode();
        ready.put("coap", server.getEndpoint(Protocol.COAP).getURI().getPort());
        LwM2mServerEndpoint secured = server.getEndpoint(Protocol.COAPS);
        if (secured != null)
            ready.put("coaps", secured.getURI().getPort());
        ready.put("http", http.getAddress().getPort());
        ready.put("leshan", versionOf(LeshanServer.class));
        System.out.println(mapper.writeValueAsString(ready));
    }

    private static LeshanServer makeServer(int port, File models, Credentials credentials) throws Exception {
        CaliforniumServerEndpointsProvider.Builder endpoints = new CaliforniumServerEndpointsProvider.Builder(
                new CoapServerProtocolProvider(), new CoapsServerProtocolProvider());
        Configuration configuration = endpoints.createDefaultConfiguration();
        // Over loopback, so that a request to a gateway that is gone is given up while a test waits.
        configuration.set(CoapConfig.ACK_TIMEOUT, 500, TimeUnit.MILLISECONDS);
        configuration.set(CoapConfig.MAX_RETRANSMIT, 3);
        if (credentials != null)
            credentials.apply(configuration);
        endpoints.setConfiguration(configuration);
        endpoints.addEndpoint(new InetSocketAddress("127.0.0.1", port), Protocol.COAP);
        if (credentials != null)
            endpoints.addEndpoint(new InetSocketAddress("127.0.0.1", 0), Protocol.COAPS);

        List<ObjectModel> definitions = new ArrayList<>(ObjectLoader.loadAllDefault());
        definitions.addAll(ObjectLoader.loadObjectsFromDir(models, true));
        LeshanServerBuilder builder = new LeshanServerBuilder();
        if (credentials != null)
            credentials.apply(builder);
        builder.setObjectModelProvider(new VersionedModelProvider(definitions));
        builder.setEndpointsProviders(endpoints.build());
        return builder.build();
    }

    private static String versionOf(Class<?> type) {
        String path = type.getProtectionDomain().getCodeSource().getLocation().getPath();
        return path.replaceAll(".*-(\\d+\\.\\d+\\.\\d+[^/]*)\\.jar", "$1");
    }
}
