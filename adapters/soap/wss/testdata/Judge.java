// The judge of the tests: Apache WSS4J, as a service signs, encrypts, verifies and decrypts with it. It reads one order a line and answers with one line.
//
//	verify MESSAGE            ok DECRYPTED PART... or no REASON
//	secure OPTIONS MESSAGE    ok MESSAGE or no REASON
//
// Fields are separated by tabs, messages are in base64, and options are NAME=VALUE, separated by semicolons. The directory of the keys is the only argument.

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.apache.ws.security.WSConstants;
import org.apache.ws.security.WSDataRef;
import org.apache.ws.security.WSEncryptionPart;
import org.apache.ws.security.WSPasswordCallback;
import org.apache.ws.security.WSSConfig;
import org.apache.ws.security.WSSecurityEngine;
import org.apache.ws.security.WSSecurityEngineResult;
import org.apache.ws.security.components.crypto.Merlin;
import org.apache.ws.security.message.WSSecEncrypt;
import org.apache.ws.security.message.WSSecHeader;
import org.apache.ws.security.message.WSSecSignature;
import org.apache.ws.security.message.WSSecTimestamp;
import org.w3c.dom.Document;

public class Judge {
    static Path keys;
    static Merlin crypto;

    public static void main(String[] arguments) throws Exception {
        keys = Path.of(arguments[0]);
        java.util.logging.LogManager.getLogManager().reset(); // it warns of what the tests mean to do
        WSSConfig.init();
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        try (FileInputStream in = new FileInputStream(keys.resolve("ca.pem").toFile())) {
            store.setCertificateEntry("ca", factory.generateCertificate(in));
        }
        for (String name : new String[] {"client", "clientec", "server", "serverec"}) {
            Certificate[] chain;
            try (FileInputStream in = new FileInputStream(keys.resolve(name + ".pem").toFile())) {
                chain = factory.generateCertificates(in).toArray(new Certificate[0]);
            }
            if (name.startsWith("client")) {
                store.setCertificateEntry(name, chain[0]);
                continue;
            }
            String pem = Files.readString(keys.resolve(name + ".key"));
            byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
            PrivateKey key = KeyFactory.getInstance(name.endsWith("ec") ? "EC" : "RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
            store.setKeyEntry(name, key, "secret".toCharArray(), chain);
        }
        crypto = new Merlin();
        crypto.setKeyStore(store);
        crypto.setTrustStore(store);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer;
            try {
                String[] order = line.split("\t", -1);
                answer = "ok\t" + (order[0].equals("verify") ? verify(order[1]) : secure(order[1], order[2]));
            } catch (Throwable e) {
                StringBuilder reason = new StringBuilder();
                for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                    reason.append(cause).append("; ");
                }
                answer = "no\t" + reason.toString().replaceAll("[\t\r\n]+", " ");
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    static Document parse(String message) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(Base64.getDecoder().decode(message)));
    }

    static String write(Document document) throws Exception {
        Transformer transformer = TransformerFactory.newInstance().newTransformer();
        transformer.setOutputProperty(OutputKeys.ENCODING, "UTF-8");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        transformer.transform(new DOMSource(document), new StreamResult(out));
        return Base64.getEncoder().encodeToString(out.toByteArray());
    }

    static void password(Callback[] callbacks) {
        for (Callback callback : callbacks) {
            ((WSPasswordCallback) callback).setPassword("secret");
        }
    }

    static String verify(String message) throws Exception {
        Document document = parse(message);
        WSSecurityEngine engine = new WSSecurityEngine();
        WSSConfig config = WSSConfig.getNewInstance();
        config.setWsiBSPCompliant(false); // its rules leave out GCM and the better digests
        engine.setWssConfig(config);
        List<WSSecurityEngineResult> results = engine.processSecurityHeader(document, null, Judge::password, crypto);
        List<String> parts = new ArrayList<>();
        if (results != null) {
            for (WSSecurityEngineResult result : results) {
                int action = (Integer) result.get(WSSecurityEngineResult.TAG_ACTION);
                List<?> references = (List<?>) result.get(WSSecurityEngineResult.TAG_DATA_REF_URIS);
                String what = action == WSConstants.SIGN ? "signed" : action == WSConstants.ENCR ? "encrypted"
                    : action == WSConstants.UT ? "token" : action == WSConstants.TS ? "timestamp" : "";
                if (references == null) {
                    if (!what.isEmpty()) {
                        parts.add(what);
                    }
                    continue;
                }
                for (Object reference : references) {
                    parts.add(what + ":" + ((WSDataRef) reference).getName().getLocalPart());
                }
            }
        }
        return write(document) + "\t" + String.join("\t", parts);
    }

    static List<WSEncryptionPart> parts(String names, String space) {
        List<WSEncryptionPart> out = new ArrayList<>();
        for (String name : names.split(",")) {
            switch (name) {
                case "Body" -> out.add(new WSEncryptionPart("Body", space, "Content"));
                case "Timestamp" -> out.add(new WSEncryptionPart("Timestamp", WSConstants.WSU_NS, "Element"));
                case "Signature" -> out.add(new WSEncryptionPart("Signature", WSConstants.SIG_NS, "Element"));
                case "STRTransform" -> out.add(new WSEncryptionPart("STRTransform", "", "Element"));
                default -> out.add(new WSEncryptionPart(name, "urn:example", "Header"));
            }
        }
        return out;
    }

    static int reference(String name) {
        return switch (name) {
            case "issuer_serial" -> WSConstants.ISSUER_SERIAL;
            case "subject_key_identifier" -> WSConstants.SKI_KEY_IDENTIFIER;
            case "thumbprint" -> WSConstants.THUMBPRINT_IDENTIFIER;
            case "embedded" -> WSConstants.X509_KEY_IDENTIFIER;
            default -> WSConstants.BST_DIRECT_REFERENCE;
        };
    }

    static String secure(String options, String message) throws Exception {
        Map<String, String> given = new HashMap<>();
        for (String option : options.split(";")) {
            String[] both = option.split("=", 2);
            given.put(both[0], both[1]);
        }
        Document document = parse(message);
        String space = document.getDocumentElement().getNamespaceURI();
        WSSecHeader header = new WSSecHeader();
        header.insertSecurityHeader(document);
        WSSecTimestamp timestamp = new WSSecTimestamp();
        timestamp.setTimeToLive(300);
        timestamp.build(document, header);
        boolean encryptFirst = "encrypt".equals(given.get("first"));
        if (encryptFirst) {
            document = encrypt(document, header, given, space);
        }
        if (given.containsKey("sign")) {
            WSSecSignature signature = new WSSecSignature();
            signature.setUserInfo(given.getOrDefault("key", "server"), "secret");
            signature.setKeyIdentifierType(reference(given.getOrDefault("reference", "")));
            signature.setUseSingleCertificate(!"chain".equals(given.get("token")));
            signature.setSignatureAlgorithm(given.getOrDefault("algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"));
            signature.setDigestAlgo(given.getOrDefault("digest", "http://www.w3.org/2001/04/xmlenc#sha256"));
            signature.setSigCanonicalization(given.getOrDefault("canonical", WSConstants.C14N_EXCL_OMIT_COMMENTS));
            signature.setParts(parts(given.get("sign"), space));
            document = signature.build(document, crypto, header);
        }
        if (!encryptFirst && given.containsKey("encrypt")) {
            document = encrypt(document, header, given, space);
        }
        return write(document);
    }

    static Document encrypt(Document document, WSSecHeader header, Map<String, String> given, String space) throws Exception {
        WSSecEncrypt encrypt = new WSSecEncrypt();
        encrypt.setUserInfo("client");
        encrypt.setKeyIdentifierType(reference(given.getOrDefault("recipient", "issuer_serial")));
        encrypt.setSymmetricEncAlgorithm(given.getOrDefault("cipher", WSConstants.AES_256));
        encrypt.setKeyEnc(given.getOrDefault("transport", WSConstants.KEYTRANSPORT_RSAOEP));
        encrypt.setParts(parts(given.get("encrypt"), space));
        return encrypt.build(document, crypto, header);
    }
}
