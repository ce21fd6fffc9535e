// Posts what a list of cases names, as a Java program does by default: HTTP/2 is offered with every request.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

public class Send {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] told = line.split("\t");
            HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0]))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", told[2])
                .header("X-API-Key", told[3])
                .POST(HttpRequest.BodyPublishers.ofFile(Path.of(told[1])))
                .build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(told[0] + "\t" + answer.statusCode() + "\t" + answer.body());
        }
    }
}
