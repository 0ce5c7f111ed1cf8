# The gate that is attacked: every kind of location before a word that nobody
# may read without a valid code, and codes that are valid and that are not.
# Knows no request.  CONTRIBUTING.md, "Sanitizers and the attack".

package Healthcode::Attack::Gate;

use strict;
use warnings;

use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Keys qw($REGION);
use Healthcode::Nginx;
use Healthcode::Ports qw(free_ports);

# What the gate protects: it is sent from nowhere else.
our $SECRET = 'behind-the-gate-3f81c2';

# Where the attack goes; the gated ones serve the word.
our @URIS = qw(/t /cached /other /pages /again /try /index/ /any /any-page
               /lenient /proxy /body /form /inside /require /rewrite /accel
               /auth /audit /open /alive /status /moved /waits /mirror /named
               /nowhere /sorry /t/ /t/../cached //t /%74 /limit /fields /fields
               /fields-any /fields-audit /paths/x/y /paths/x //paths/%78);

# ... and what follows of those that a valid code opens.
our @OPENED = qw(/t /cached /any /proxy /body /rewrite /try /accel /fields
                 /fields-any /paths/);

my $FAR = 'https://far.example';


# The 500 of nginx that nobody reads: the request was admitted and has a body, but
# the connection has failed meanwhile, so that nginx cannot send what it sends
# before it reads a body: a WINDOW_UPDATE (ngx_http_v2_read_request_body()), over
# HTTP/1 "100 Continue" (ngx_http_test_expect()).  By protocol: what error.log has
# of the connection by then, and the name under which these are counted.
my %UNREAD = ('HTTP/2.0' => [ 'while processing HTTP/2 connection',
                              '500 for want of WINDOW_UPDATE' ],
              'HTTP/1.1' => [ 'send() failed', '500 for want of 100 Continue' ]);


# A running gate, its store, a flagged holder.  With HOLE=1 in the environment
# one of its locations is open to all, with HOLE=500 another one fails, which the
# attack must notice.
sub new {
    my ($class) = @_;
    my $f = Healthcode::Fixture->new;
    my $self = bless { f => $f, unread => {} }, $class;

    $f->write('site/passed', "$SECRET\n");
    mkdir $f->path('site/index');
    $f->write('site/index/index.html', "$SECRET\n");
    $f->write('sorry', "sorry\n", 0644);
    $f->write('far.jwks', json({ keys => [] }), 0644);
    $f->redis->cmd('HSET', $f->risk('flagged', 'site'), 'confirmed', 0);
    $f->redis->cmd('HSET', $REGION, 110101, 'high 0');

    $self->{nginx} = Healthcode::Nginx->new(
        module => $f->module, workers => 2, http => $self->_http,
        main => "worker_rlimit_core 0;\n");
    $self->{nginx}->start(30);
    $self->{workers} = workers($self->{nginx}, 2);
    return $self;
}


# The workers of this nginx, once there are so many.
sub workers {
    my ($nginx, $n) = @_;
    my @workers;
    for (1 .. 500) {
        @workers = sort $nginx->workers;
        return "@workers" if @workers >= $n;
        sleep 0.02;
    }
    die "there are no $n workers, but: @workers\n";
}


sub f     { $_[0]{f} }
sub nginx { $_[0]{nginx} }
sub sock  { $_[0]{nginx}->sock }


# Where to go: over HTTP/2 or not, over TCP or not.
sub address {
    my ($self, $h2, $tcp) = @_;
    return '127.0.0.1:' . ($h2 ? $self->{h2_port} : $self->{port}) if $tcp;
    return $h2 ? $self->nginx->root . '/h2.sock' : $self->sock;
}


sub _http {
    my ($self) = @_;
    my $f = $self->f;
    my $site = $f->path('site');
    my $locations = $f->write('locations.conf', $self->_locations);
    my $store = $f->store_conf('flags', timeout => '1s');
    my ($port, $h2_port) = @{$self}{qw(port h2_port)} = free_ports(2);
    my $empty = $f->store_conf('empty', database => 1, timeout => '1s');
    return <<"END";
log_format failed '\$bytes_sent \$connection \$server_protocol "\$request"';
map \$status \$failed { default 0; 500 1; }
access_log logs/access.log;
access_log logs/failed.log failed if=\$failed;
healthcode_zone gate 1m;
limit_req_zone \$request_uri zone=few:1m rate=50r/s;
${\ $f->pepper_conf}
${\ $f->issuers_conf}
healthcode_issuer far {
    iss $FAR; algorithms HS256;
    keys_location /keys; keys_min_interval 1s;
}
$store
${\ $f->store_conf('known', timeout => '1s', cache => 'gate')}
$empty
large_client_header_buffers 4 16k;
keepalive_requests 1000;
server {
    listen unix:{{SOCK}};
    listen 127.0.0.1:$port;
    real_ip_header X-Real-IP;
    set_real_ip_from unix:;
    include $locations;
}
# Over HTTP/2 nginx reads the byte before an X-Real-IP that is empty
# (ngx_http_get_forwarded_addr_internal()), which ends a worker under ASan.
server {
    listen unix:{{ROOT}}/h2.sock http2;
    listen 127.0.0.1:$h2_port http2;
    include $locations;
}
server {
    listen unix:${\ $f->path('up.sock')};
    location = /secret { alias $site/passed; error_page 405 =200 /secret; }
    location / {
        add_header X-Accel-Redirect /t;
        return 200 "up\\n";
    }
}
END
}


# The locations of both servers.
sub _locations {
    my ($self) = @_;
    my $f = $self->f;
    my $site = $f->path('site');
    my $sorry = $f->path('sorry');
    my $hole = $ENV{HOLE} // '';
    my $on = $hole eq '1' ? 'off' : 'on';
    my $open = $hole eq '500' ? 'return 500' : "alias $sorry";
    return <<"END";
    client_max_body_size 64k;
    client_body_buffer_size 1k;
    client_header_timeout 3s;
    client_body_timeout 3s;
    send_timeout 3s;
    keepalive_timeout 3s;
    lingering_timeout 1s;
    merge_slashes on;
    healthcode_risk flags;
    ${\ $f->sources_conf}
    location /alive { return 204; }
    location /open { $open; }
    location = /sorry { alias $sorry; }
    location /status { healthcode_status; }
    location = /keys { internal; alias ${\ $f->path('far.jwks')}; }

    location /t { healthcode $on; alias $site/passed; }
    location /cached {
        healthcode on;
        healthcode_code_cache gate;
        healthcode_risk known;
        alias $site/passed;
    }
    location /other {
        healthcode on;
        healthcode_risk empty;
        healthcode_issuers national province;
        healthcode_audience hall;
        alias $site/passed;
    }
    location /pages {
        healthcode on;
        error_page 400 401 403 404 413 500 502 503 /sorry;
        alias $site/passed;
    }
    location /again {
        healthcode on;
        recursive_error_pages on;
        error_page 401 403 503 /again;
        alias $site/passed;
    }
    location /named {
        healthcode on;
        error_page 401 403 = \@gated;
        alias $site/passed;
    }
    location \@gated { healthcode on; root $site; try_files /passed =404; }
    location /try { root $site; try_files /nowhere /t; }
    location /index { healthcode on; root $site; index nothing index.html; }
    location /any {
        healthcode on; satisfy any; deny all; alias $site/passed;
    }
    location /any-page {
        healthcode on; satisfy any; deny all;
        error_page 401 403 /any; alias $site/passed;
    }
    location /lenient {
        healthcode on; healthcode_on_outage allow; alias $sorry;
    }
    location /proxy {
        healthcode on; proxy_pass http://unix:${\ $f->path('up.sock')}:/secret;
    }
    location /body {
        healthcode on;
        proxy_request_buffering off;
        proxy_http_version 1.1;
        proxy_pass http://unix:${\ $f->path('up.sock')}:/secret;
    }
    location /fields {
        healthcode on;
        ${\ $f->sources_conf}
        healthcode_source form code;
        healthcode_source json /code;
        proxy_pass http://unix:${\ $f->path('up.sock')}:/secret;
        location /fields-any {
            satisfy any; deny all;
            proxy_pass http://unix:${\ $f->path('up.sock')}:/secret;
        }
        location /fields-audit { healthcode audit; alias $sorry; }
    }
    location /paths/ {
        healthcode on;
        ${\ $f->sources_conf}
        healthcode_source path "^/paths/([^/]+)";
        proxy_pass http://unix:${\ $f->path('up.sock')}:/secret?x=;
    }
    location /form {
        healthcode on; client_max_body_size 512; alias $site/passed;
        error_page 405 =200 /t;
    }
    location /inside {
        healthcode on; alias $site/passed; allow 10.0.0.0/8; deny all;
    }
    location /require {
        healthcode on;
        ${\ $f->require_conf}
        alias $site/passed;
    }
    location /rewrite { rewrite ^ /t?again=\$arg_code last; }
    location /accel {
        healthcode on;
        proxy_pass http://unix:${\ $f->path('up.sock')}:/;
    }
    location /auth { auth_request /t; alias $sorry; }
    location /mirror { healthcode on; mirror /t; alias $site/passed; }
    location /audit { healthcode audit; alias $sorry; }
    location /limit {
        limit_req zone=few burst=5; healthcode on; alias $site/passed;
    }
    location = /moved {
        error_page 412 \$arg_to;
        alias $sorry;
    }
    location /waits { healthcode on; post_action /other; alias $site/passed; }
END
}


# ---- codes ----

# One that passes, of somebody new or of one of a few.
sub good_code {
    my ($self, $random) = @_;
    return $self->f->site(claims => { sub => 'good-' . $random->below(20) });
}


# Codes none of which may pass, made anew every few minutes.
sub bad_code {
    my ($self, $random) = @_;
    if (!$self->{bad} || time - $self->{bad_at} > 300) {
        $self->{bad} = [ $self->_bad_codes ];
        $self->{bad_at} = time;
    }
    my $code = $random->pick(@{ $self->{bad} });
    return $code if $random->below(3);

    # whatever is changed in it, it was signed by nobody
    my ($head, $claims, $signature) = split /\./, $code;
    return $random->mutate($code) if !defined $signature;
    my $which = $random->below(4);
    return join '.', $head, $claims, $random->mutate($signature) if !$which;
    my $part = $which < 3 ? \$claims : \$head;
    $$part = b64($random->mutate(Healthcode::Jws::unb64($$part)));
    return "$head.$claims.wrong$signature";
}


sub _bad_codes {
    my ($self) = @_;
    my $f = $self->f;
    my $now = time;
    my $head = json($f->header);
    my $claims = json($f->claims);
    my $signed = sub { $f->site(@_) };
    my $es = $f->issue(sub => 'x');
    my $deep = '[' x 3000;

    return (
        (map { $signed->(claims => { sub => 'flagged' }),
               $signed->(claims => { regions => [ '110101' ] }) } 1 .. 8),
        $signed->(claims => { regions => [ ('110101') x 64 ] }),
        $signed->(secret => 'x' x 32),
        $signed->(header => { alg => 'none' }),
        $signed->(header => { alg => 'ES256' }),
        $signed->(header => { crit => [ 'exp' ] }),
        $signed->(header => { typ => 'x' }),
        map({ $signed->(claims => $_) }
            { exp => 1 }, { exp => $now - 1000, iat => $now - 1900 },
            { iat => $now + 1000 }, { exp => $now + 99999 },
            { iss => 'x' }, { iss => undef }, { sub => undef }, { sub => '' },
            { status => 'other' }, { iss => [ 'x' ] }, { sub => {} },
            { sub => "x\0" }, { exp => 1e300 }, { exp => '1' },
            { iat => undef }, { nbf => $now + 1000 }, { jti => [] }),
        (map { $signed->(claims => $_) } $deep, '{', '', '1', 'null', "\0",
            substr($claims, 0, -1), substr($claims, 0, -1) . ',"sub":"y"}',
            "\xff\xfe", $claims . $deep),
        (map { $signed->(header => $_) } $deep, '{', '', '[]', '"x"',
            substr($head, 0, -1) . ',"alg":"none"}'),
        $f->site(secret => 'unknown secret, 32 bytes or more.',
                 header => { kid => 'far' }, claims => { iss => $FAR }),
        (map { my $e = $es; substr($e, $_, 1) = 'x'; "$e." }
            -1, -20, 5, 50),
        substr($es, 0, 100), "$es.$es", "a$es", "$es=",
        (map { '.' x $_ } 0 .. 4), 'x', 'x.y.z', 'A' x 7000, 'A' x 9000,
        '****', '%', "e30.e30.",
    );
}


# ---- the oracle ----

# Those of the codes that may not pass and do, each alone.
sub mistaken {
    my ($self) = @_;
    my @codes = $self->_bad_codes;
    return map { "code $_ of those that must not pass: $codes[$_]" }
        grep { $self->nginx->ask($codes[$_]) eq 200 } 0 .. $#codes;
}


# What is wrong with the gate itself; nothing where all is well.
sub wrong {
    my ($self) = @_;
    my @failed = split /\n/, $self->_new('failed.log');
    my @log = split /\n/, $self->_new('error.log');
    my @bad = grep {
        /exited on signal|exited with code [1-9]|\[(alert|emerg)\]|Sanitizer/
    } @log;
    push @bad, $self->_failed(\@failed, \@log);
    my $workers = join ' ', sort $self->nginx->workers;
    push @bad, "the workers were $self->{workers}, and are $workers"
        if $workers ne $self->{workers};
    my $alive = eval { get($self->sock, '/alive', [], timeout => 20)->{status} };
    push @bad, 'the gate does not answer' if ($alive // 0) != 204;
    return @bad[0 .. ($#bad > 9 ? 9 : $#bad)];
}


# Those of the requests that ended in 500 that are not nginx's own; counts these.
sub _failed {
    my ($self, $failed, $log) = @_;
    for my $line (@$log) {
        my ($connection) = $line =~ /^\S+ \S+ \S+ \S+ \*(\d+) / or next;
        for my $protocol (keys %UNREAD) {
            $self->{broken}{"$connection $protocol"} = 1
                if index($line, $UNREAD{$protocol}[0]) >= 0;
        }
    }
    my @bad;
    for my $line (@$failed) {
        my ($sent, $connection, $protocol) = split ' ', $line;
        if (!$sent && $self->{broken}{"$connection $protocol"}) {
            $self->{unread}{ $UNREAD{$protocol}[1] }++;
        } else {
            push @bad, "a request ends in 500: $line";
        }
    }
    return @bad;
}


# How many requests ended in a 500 that nobody read, by cause.
sub unread { $_[0]{unread} }


# What a log has got since it was last asked.
sub _new {
    my ($self, $name) = @_;
    open my $in, '<', $self->nginx->root . "/logs/$name" or return '';
    seek $in, $self->{read}{$name} // 0, 0;
    local $/;
    my $text = <$in> // '';
    $self->{read}{$name} = tell $in;
    return $text;
}


# MiB that the workers have in memory, the largest.
sub memory {
    my ($self) = @_;
    my @kib = map {
        $self->f->read("/proc/$_/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0
    } split ' ', $self->{workers};
    return (sort { $b <=> $a } @kib)[0] / 1024;
}


# Ends the gate; what is wrong with its end.
sub end {
    my ($self) = @_;
    my $status = $self->nginx->stop(60);
    return 'the gate does not end' if !defined $status;
    my @bad = grep { /\[(alert|emerg)\]|exited on signal/ }
        split /\n/, $self->nginx->error_log;
    push @bad, "the gate ends with $status" if $status;
    return @bad;
}

1;
