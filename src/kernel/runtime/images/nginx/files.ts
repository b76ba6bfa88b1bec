/**
 * The files the nginx image brings: configuration, pages, logs that lead to the container's output.
 */
import type { FileSeed } from "#kernel/runtime/images/image";

/** /etc/nginx/nginx.conf */
export const MAIN_CONF = `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;

    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`;

/** /etc/nginx/conf.d/default.conf, listening on a port. */
export function defaultConf(port: number): string {
  return `server {
    listen       ${port};
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;
}

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`;

const TROUBLE = `<!DOCTYPE html>
<html>
<head><title>Error</title></head>
<body>
<h1>An error occurred.</h1>
<p>The page you are looking for is unavailable at the moment.</p>
</body>
</html>
`;

/** The files of an image whose default server listens on a port. */
export function nginxFiles(port: number): Readonly<Record<string, FileSeed>> {
  return {
    "/etc/nginx/nginx.conf": MAIN_CONF,
    "/etc/nginx/conf.d/default.conf": defaultConf(port),
    "/etc/nginx/mime.types":
      "types {\n    text/html  html htm;\n    text/css  css;\n    application/javascript  js;\n}\n",
    "/usr/share/nginx/html/index.html": WELCOME,
    "/usr/share/nginx/html/50x.html": TROUBLE,
    "/var/log/nginx/access.log": { link: "/dev/stdout" },
    "/var/log/nginx/error.log": { link: "/dev/stderr" },
    "/var/cache/nginx/": port === 80 ? "" : { mode: 0o777 },
    "/docker-entrypoint.d/10-listen-on-ipv6-by-default.sh": { text: "#!/bin/sh\n", mode: 0o755 },
    "/docker-entrypoint.d/20-envsubst-on-templates.sh": { text: "#!/bin/sh\n", mode: 0o755 },
    "/docker-entrypoint.d/30-tune-worker-processes.sh": { text: "#!/bin/sh\n", mode: 0o755 },
  };
}
