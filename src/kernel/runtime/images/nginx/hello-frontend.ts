/**
 * hello-frontend: nginx before the backend of the lesson that connects a frontend to it.
 *
 * Models gcr.io/google-samples/hello-frontend.
 */
import type { Image } from "#kernel/runtime/images/image";
import { nginxImage } from "#kernel/runtime/images/nginx/nginx";

const CONF = `upstream Backend {
    server hello;
}

server {
    listen 80;

    location / {
        proxy_pass http://Backend;
    }
}
`;

export const helloFrontend: Image = {
  ...nginxImage,
  repositories: ["gcr.io/google-samples/hello-frontend"],
  hasTag: (tag) => /^(latest|1\.0)$/.test(tag),
  content(reference) {
    const base = nginxImage.content({ ...reference, tag: "1.17.3" });
    return { ...base, files: { ...base.files, "/etc/nginx/conf.d/default.conf": CONF } };
  },
};
