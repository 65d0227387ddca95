import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.NonUniqueSecurityInfoException;
import org.eclipse.leshan.servers.security.SecurityInfo;

/**
 * Who the server is over coaps, and which clients it lets in: a file of JSON, whose shape is LeshanSecurity in
 * leshan-security.ts. Keys and certificates are DER in base64.
 */
final class Credentials {
    private final JsonNode file;

    Credentials(File file, ObjectMapper mapper) throws IOException {
        this.file = mapper.readTree(file);
    }

    void apply(Configuration configuration) {
        if (file.has("connectionIdLength"))
            configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, file.get("connectionIdLength").intValue());
    }

    void apply(LeshanServerBuilder builder) throws IOException, GeneralSecurityException,
            NonUniqueSecurityInfoException {
        InMemorySecurityStore clients = new InMemorySecurityStore();
        for (JsonNode client : file.path("clients"))
            clients.add(clientOf(client));
        builder.setSecurityStore(clients);
        if (!file.has("privateKey"))
            return;
        builder.setPrivateKey(privateKey(file.get("privateKey").binaryValue()));
        if (file.has("certificates")) {
            builder.setCertificateChain(certificates(file.get("certificates")));
            builder.setTrustedCertificates(certificates(file.path("trusted")));
        } else {
            builder.setPublicKey(publicKey(file.get("publicKey").binaryValue()));
        }
    }

    private static SecurityInfo clientOf(JsonNode client) throws IOException, GeneralSecurityException {
        String endpoint = client.get("endpoint").asText();
        if (client.has("identity"))
            return SecurityInfo.newPreSharedKeyInfo(endpoint, client.get("identity").asText(),
                    client.get("key").binaryValue());
        if (client.has("publicKey"))
            return SecurityInfo.newRawPublicKeyInfo(endpoint, publicKey(client.get("publicKey").binaryValue()));
        return SecurityInfo.newX509CertInfo(endpoint);
    }

    private static PrivateKey privateKey(byte[] der) throws GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    private static PublicKey publicKey(byte[] der) throws GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(der));
    }

    private static X509Certificate[] certificates(JsonNode list) throws IOException, GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> certificates = new ArrayList<>();
        for (JsonNode der : list)
            certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der.binaryValue())));
        return certificates.toArray(new X509Certificate[0]);
    }
}
