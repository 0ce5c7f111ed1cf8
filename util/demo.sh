#!/bin/sh
# A gate on this machine: a private Redis, nginx with the module, three people,
# two issuers, real requests; and a hall for the browser, at /hall/ (docs/demo.md).
# PORT= and TLS_PORT= choose the ports, HALL= an address of this machine at which
# phones see the hall too; DEMO_ONCE=1 ends by itself and fails where an answer is
# not the expected one.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
port=${PORT:-8080}
tls_port=${TLS_PORT:-$((port + 363))}
gate=http://127.0.0.1:$port
hall=https://127.0.0.1:$tls_port/hall
healthcode=$root/build/healthcode
dir=$(mktemp -d "${TMPDIR:-/tmp}/healthcode-demo.XXXXXX")
redis_pid= nginx_pid= helper_pid= wrong=0

finish() {
    trap - EXIT
    trap '' INT TERM        # make passes a signal on that we have had
    [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null || :
    [ -z "$helper_pid" ] || kill "$helper_pid" 2>/dev/null || :
    [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null || :
    wait 2>/dev/null || :
    rm -rf "$dir"
}
trap finish EXIT
trap 'echo; finish; exit 0' INT TERM

fail() { echo "demo: $*" >&2; exit 1; }

# wait_for WHAT COMMAND...: for at most five seconds
wait_for() {
    what=$1; shift; n=0
    until "$@" >/dev/null 2>&1; do
        n=$((n + 1))
        [ $n -lt 100 ] || { cat "$dir"/*.log >&2; fail "$what did not start"; }
        sleep 0.05
    done
}

secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# --- keys, secrets, a store of its own --------------------------------------

mkdir "$dir/logs" "$dir/store"
chmod 711 "$dir" "$dir/store"
umask 077

for issuer in national:ES256 province:EdDSA; do
    "$healthcode" keygen --alg "${issuer#*:}" --kid "${issuer%:*}-2026" \
        --private "$dir/${issuer%:*}.private" \
        --public "$dir/${issuer%:*}.jwks" >/dev/null
done
"$healthcode" keygen --alg ES256 --kid national-2026 \
    --private "$dir/forger.private" --public "$dir/forger.jwks" >/dev/null
"$healthcode" keygen --alg EdDSA --kid province-2027 \
    --private "$dir/next.private" --public "$dir/next.jwks" >/dev/null

# public keys, which the workers read again when they change
mkdir "$dir/province"
cp "$dir/province.jwks" "$dir/province/2026.jwks"
chmod 644 "$dir/national.jwks" "$dir/next.jwks" "$dir/province/2026.jwks"
chmod 755 "$dir/province"

secret > "$dir/pepper"
secret > "$dir/gate.password"
secret > "$dir/desk.password"

cat > "$dir/redis.conf" <<EOF
port 0
unixsocket $dir/store/redis.sock
unixsocketperm 777
save ""
dir $dir
user default off
user desk on >$(cat "$dir/desk.password") ~* &* +@all
user gate on >$(cat "$dir/gate.password") $("$healthcode" store rights)
EOF

redis-server "$dir/redis.conf" > "$dir/redis.log" 2>&1 &
redis_pid=$!
wait_for Redis test -S "$dir/store/redis.sock"

store="--redis unix:$dir/store/redis.sock --pepper-file $dir/pepper"
store="$store --user desk --password-file $dir/desk.password"

"$healthcode" store init $store --empty >/dev/null

# --- a hall: pages, their helper, a certificate -------------------------------

# the workers are not those who may read the sources
cp -R "$root/tools/demo/pages" "$dir/hall"
chmod -R u=rwX,go=rX "$dir/hall"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj '/CN=healthcode demo' \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1${HALL:+,IP:$HALL}" \
    -keyout "$dir/tls.key" -out "$dir/tls.pem" 2>"$dir/openssl.log" \
    || { cat "$dir/openssl.log" >&2; fail 'openssl made no certificate'; }

said='"reason":"$healthcode_reason","class":"$healthcode_class",'
said=$said'"colour":"$healthcode_colour","title":"$healthcode_title"'

origins=
for site in "http://127.0.0.1:$port" "http://localhost:$port" \
    "https://127.0.0.1:$tls_port" "https://localhost:$tls_port" \
    ${HALL:+"https://$HALL:$tls_port"}; do
    origins="$origins --origin $site"
done

# shellcheck disable=SC2086  # lists
"$root/build/healthcode-demo" --port 0 $store $origins \
    --issuer "https://national.example=$dir/national.private" \
    --issuer "https://province.example=$dir/province.private" --audience hall-1 \
    --holder ana --holder ben --holder cy --region 110000 --region 310000 \
    --timeout 2s > "$dir/helper.log" 2>&1 &
helper_pid=$!
wait_for 'the helper of the hall' grep -q 'a demo on' "$dir/helper.log"
helper=$(sed -n 's/.* a demo on //p' "$dir/helper.log")

cat > "$dir/nginx.conf" <<EOF
load_module $root/build/ngx_http_healthcode_module.so;

daemon off;
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/logs/error.log notice;

events { }

http {
    client_body_temp_path $dir/body;
    proxy_temp_path       $dir/proxy;
    fastcgi_temp_path     $dir/fastcgi;
    uwsgi_temp_path       $dir/uwsgi;
    scgi_temp_path        $dir/scgi;

    log_format gate '\$time_iso8601 \$request \$status '
                    '\$healthcode_reason \$healthcode_issuer';
    access_log $dir/logs/access.log gate;

    healthcode_pepper_file $dir/pepper;
    healthcode_zone        gate 4m;
    healthcode_code_cache  gate;

    healthcode_issuer national {
        iss        https://national.example;
        keys       $dir/national.jwks;
        algorithms ES256;
    }

    healthcode_issuer province {
        iss        https://province.example;
        keys_dir   $dir/province;
        algorithms EdDSA;
    }

    healthcode_store flags {
        server        unix:$dir/store/redis.sock;
        user          gate;
        password_file $dir/gate.password;
        cache         gate;
    }

    charset       utf-8;
    charset_types text/css text/javascript;

    types {
        text/html       html;
        text/css        css;
        text/javascript js mjs;
        image/svg+xml   svg;
    }

    server {
        listen 127.0.0.1:$port;
        listen 127.0.0.1:$tls_port ssl;
        ${HALL:+listen $HALL:$tls_port ssl;}

        ssl_certificate     $dir/tls.pem;
        ssl_certificate_key $dir/tls.key;

        location / {
            healthcode          on;
            healthcode_audience hall-1;
            healthcode_source   header Authorization "(?i)^bearer +(\S+)\$";
            healthcode_source   query code;

            try_files /none @welcome;
        }

        location @welcome {
            internal;
            return 200 "welcome\n";
        }

        location = /hall {
            absolute_redirect off;
            return            301 /hall/;
        }

        location /hall/ {
            alias      $dir/hall/;
            add_header Content-Security-Policy
                "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:;\
 object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" always;
            add_header Referrer-Policy        no-referrer always;
            add_header X-Content-Type-Options nosniff     always;
            add_header Cache-Control          no-cache    always;
        }

        location /hall/api/ {
            client_max_body_size 2m;
            proxy_pass           http://$helper;
            proxy_set_header     Host \$http_host;
        }

        location = /hall/status {
            healthcode_status;
        }

        location = /hall/gate {
            healthcode          on;
            healthcode_gate;
            healthcode_name     hall;
            healthcode_audience hall-1;
            healthcode_source   header Authorization "(?i)^bearer +(\S+)\$";
            healthcode_leeway   0s;     # a code ends when its page says so
            healthcode_reply    allow 200 '{"verdict":"allow",$said}' type=application/json;
            healthcode_reply    deny  200 '{"verdict":"deny",$said}' type=application/json;
        }
    }
}
EOF

nginx -p "$dir" -c "$dir/nginx.conf" > "$dir/nginx.log" 2>&1 &
nginx_pid=$!
# it writes its pid when it has its ports, which another server may have
wait_for "nginx on 127.0.0.1:$port (choose another with PORT=)" \
    sh -c "test -s $dir/nginx.pid && curl -s -o /dev/null $gate/"

# --- codes ------------------------------------------------------------------

# code ISSUER KEY SUBJECT [MORE...]
code() {
    iss=https://$1.example key=$dir/$2.private sub=$3; shift 3
    "$healthcode" issue --key "$key" --iss "$iss" --sub "$sub" \
        --aud hall-1 "$@"
}

ana=$(code national national ana)
ben=$(code province province ben)
cy=$(code national national cy)
old=$(code national national ana --iat "$(($(date +%s) - 3600))")
forged=$(code national forger ana)
next=$(code province next ben)
elsewhere=$("$healthcode" issue --key "$dir/national.private" \
    --iss https://national.example --sub ana --aud hall-2)

# --- requests ---------------------------------------------------------------

# ask WHO WHAT EXPECTED CURL-ARGUMENTS...
ask() {
    who=$1 what=$2 expected=$3; shift 3
    answer=$(curl -s -o "$dir/answer" -w '%{http_code}' "$@" || :)
    reason=$(sed -n 's/.*"reason":"\([a-z_]*\)".*/\1/p' "$dir/answer")
    got="$answer${reason:+ $reason}"
    mark=
    [ "$got" = "$expected" ] || { mark="  <-- expected $expected"; wrong=1; }
    printf '  %-5s %-42s %s%s\n' "$who" "$what" "$got" "$mark"
}

bearer() { printf 'Authorization: Bearer %s' "$1"; }

printf '\n  %-5s %-42s %s\n' who "what is shown at $gate/" answer
printf '  %-5s %-42s %s\n' ----- ------------------------------------------ ------
ask ana 'a code of the national issuer (ES256)'  200 -H "$(bearer "$ana")" "$gate/"
ask ben 'a code of the province (EdDSA)'         200 -H "$(bearer "$ben")" "$gate/"
ask cy  'a code in the query string'             200 "$gate/?code=$cy"
ask -   'no code'                                '401 missing' "$gate/"
ask ana 'a code of an hour ago'                  '401 expired' -H "$(bearer "$old")" "$gate/"
ask ana 'a code signed with another key'         '401 signature' \
    -H "$(bearer "$forged")" "$gate/"
ask ana 'a code for another place'               '401 audience' \
    -H "$(bearer "$elsewhere")" "$gate/"

"$healthcode" flag set $store --by demo --reason demo cy contact >/dev/null
from=$(date +%s%N)
# on a busy machine the worker that knew the holder may be the last one to run
tries=20
until [ "$(curl -s -o /dev/null -w '%{http_code}' "$gate/?code=$cy")" = 403 ] \
    || [ $((tries -= 1)) = 0 ]
do
    :
done
to=$(date +%s%N)
took=$(((to - from) / 1000))
ask cy  'the same code, flagged a moment ago'    '403 flagged' "$gate/?code=$cy"

"$healthcode" flag clear $store --by demo --reason demo cy contact >/dev/null
ask cy  'the same code, the flag corrected'      200 "$gate/?code=$cy"

ask ben 'a code signed with a key that is to come' '401 key' \
    -H "$(bearer "$next")" "$gate/"

cp "$dir/next.jwks" "$dir/province/.next"
chmod 644 "$dir/province/.next"
mv "$dir/province/.next" "$dir/province/2027.jwks"
since=$(date +%s%N)
passes() {
    curl -s -o /dev/null -f -H "$(bearer "$next")" "$gate/"
}
wait_for 'the new key' passes
came=$((($(date +%s%N) - since) / 1000000))
ask ben 'the same code, the key added to the folder' 200 \
    -H "$(bearer "$next")" "$gate/"

printf '\n  From the flag in Redis to the refusal at the gate: %d.%d ms,\n' \
    $((took / 1000)) $((took % 1000 / 100))
printf '  with the time that curl takes to start; from the new key in its folder to\n'
printf '  the first pass, without a reload: %d.%d s.\n' \
    $((came / 1000)) $((came % 1000 / 100))

# --- the hall, as its pages ask -----------------------------------------------

# api WHAT JSON: what the helper answers to a page
api() {
    curl -s --cacert "$dir/tls.pem" -H "Origin: ${hall%/hall}" -d "$2" "$hall/api/$1"
}

# seen CODE: what the guard's page gets
seen() { curl -s --cacert "$dir/tls.pem" -H "$(bearer "$1")" "$hall/gate"; }

# holds WHAT TEXT PART
holds() {
    case $2 in
    *"$3"*) ;;
    *) wrong=1; echo "  the hall: $1: $2  <-- expected $3" ;;
    esac
}

holds 'its first page' "$(curl -s --cacert "$dir/tls.pem" "$hall/")" '<html'
shown=$(api issue '{"holder":"dee","life":900}' | sed -n 's/.*"code":"\([^"]*\)".*/\1/p')
holds 'a code that it issues' "$(seen "$shown")" '"verdict":"allow"'
holds 'a flag' "$(api flag '{"holder":"dee","kind":"contact"}')" '{}'
holds 'the flagged code' "$(seen "$shown")" '"reason":"flagged"'
holds 'the end of the flag' "$(api clear '{"holder":"dee"}')" '{}'
holds 'the cleared code' "$(seen "$shown")" '"verdict":"allow"'
shown=$(api issue '{"holder":"dee","life":900,"regions":["110000"]}' \
    | sed -n 's/.*"code":"\([^"]*\)".*/\1/p')
holds 'a closed region' "$(api region '{"region":"110000","set":true}')" '{}'
holds 'a code from there' "$(seen "$shown")" '"reason":"region"'
holds 'the end of it' "$(api region '{"region":"110000","set":false}')" '{}'
holds 'the same code' "$(seen "$shown")" '"verdict":"allow"'

[ $wrong -eq 0 ] || fail "an answer is not the expected one; $(tail -3 "$dir/logs/error.log")"

[ -z "${DEMO_ONCE:-}" ] || exit 0

cat <<EOF

  The gate runs until Ctrl-C.  Try it by hand, for 15 minutes:

    curl -i -H "Authorization: Bearer $ana" $gate/

  Flag its holder, and try again:

    $healthcode flag set $store ana contact

  A hall to open in a browser: a holder, a guard and an operator, for a demo.
  The second address has a certificate of this run, which the browser asks about.

    $gate/hall/
    $hall/
${HALL:+    https://$HALL:$tls_port/hall/
}
EOF

wait $nginx_pid || :
