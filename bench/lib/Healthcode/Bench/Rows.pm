# What is compared: the rows of the parts, each with its location, its request
# and what must be seen of it; and the configuration that they share.
# Knows no measuring.

package Healthcode::Bench::Rows;

use strict;
use warnings;

use Digest::MD5 qw(md5_base64);
use MIME::Base64 ();

use Healthcode::Bench::Stand;

my $LINK_SECRET = 'a secret of the benchmark';
my $LINKS = 10_000;

# For each code or holder, as docs/directives.md says: a zone gives a fifth to holders
# of 48 bytes and the rest to codes of 192, and a quarter is to spare.
my $ZONE_BYTES = 320;

my %IS_LIVE = (reads => [ 3.99, 4.01 ]);    # of the holder, and of three proofs
my %IS_JOINED = (reads => [ 0.001, 4.01 ]); # several wait for one read
my %IS_CACHED = (reads => [ 0, 0.01 ]);
my %IS_LUA = (reads => [ 0.99, 1.01 ]);
# a second live read is after the passage
my %IS_PASSAGE = (reads => [ 7.99, 8.01 ]);


# new($stand, backend => PORT): no rows yet.
sub new {
    my ($class, $stand, %opt) = @_;
    return bless { %opt, stand => $stand, rows => [], locations => '',
                   first => {} }, $class;
}


sub rows { @{ $_[0]{rows} } }


# The first code of a set, its signature changed.
sub _forged {
    my ($self, $set) = @_;
    return $self->{first}{$set} //= do {
        open my $in, '<', $self->{stand}{sets}{$set} or die "$set: $!\n";
        my $code = readline $in;
        chomp $code;
        $code =~ s/\.([^.])([^.]{20})/'.' . ($1 eq 'A' ? 'B' : 'A')
            . ('A' x 20)/e if $set ne 'links';
        $code =~ s/(?<=^md5=)../A_/ if $set eq 'links';
        $code;
    };
}


# add(name, label, set, count, conf => LINES, and of Healthcode::Bench::Run)
sub add {
    my ($self, %row) = @_;
    return $self if $ENV{ROWS} && $row{name} !~ /^zero|$ENV{ROWS}/;
    my $uri = sprintf '/r%03d', scalar @{ $self->{rows} };
    my $text = sprintf $row{request}
        // "GET %s HTTP/1.1\nHost: bench\nAuthorization: Bearer %%\n\n", $uri;
    $self->{locations} .= "location = $uri {\n" . $row{conf}
        . "empty_gif;\n}\n";
    $row{order} //= 'sequence';
    push @{ $self->{rows} }, { %row, uri => $uri, text => $text,
        forged => $row{open} ? undef
            : $text =~ s/%/$self->_forged($row{set})/er };
    return $self;
}


sub zero {
    my ($self, $set, $count, %more) = @_;
    return $self->add(name => 'zero', label => 'empty_gif alone', set => $set,
        count => $count, conf => '', open => 1, %more);
}


# nginx's own module: the MD5 of a secret, a name and an end, in the query.
sub secure_link {
    my ($self, $length) = @_;
    my $till = time + $Healthcode::Bench::Stand::TTL;
    my $lines = '';
    for my $n (1 .. $LINKS) {
        my $sub = sprintf '%08d', $n;
        my $md5 = md5_base64("$till$sub $LINK_SECRET") =~ tr{+/}{-_}r;
        $lines .= "md5=$md5&till=$till&sub=$sub\n";
    }
    $self->{stand}->set('links', $self->{stand}->write('links', $lines));
    my $padding = 'x' x ($length - index($lines, "\n")
        + length("Authorization: Bearer ") - length("?\nX-Padding: ") + 1);
    return $self->add(name => 'secure-link', label => 'secure_link',
        set => 'links', count => $LINKS,
        request => "GET %s?%% HTTP/1.1\nHost: bench\nX-Padding: $padding\n\n",
        conf => <<"END");
secure_link \$arg_md5,\$arg_till;
secure_link_md5 "\$secure_link_expires\$arg_sub $LINK_SECRET";
if (\$secure_link = "") { return 401; }
if (\$secure_link = "0") { return 401; }
END
}


sub auth_request {
    my ($self, $set, $count) = @_;
    return $self->add(name => 'auth-request', set => $set, count => $count,
        label => 'auth_request, backend of kept connections',
        conf => "auth_request /auth;\n");
}


# What the backend of auth_request is: it answers at once, and verifies
# nothing; so it is the least that any backend costs.
sub backend_conf {
    my ($class, $port) = @_;
    return <<"END";
server {
    listen 127.0.0.1:$port backlog=4096;
    location / {
        if (\$http_authorization ~ "A{20}") { return 401; }
        return 204;
    }
}
END
}


# lua('check', label, set, count, what it reads)
sub lua {
    my ($self, $function, $label, $set, $count, %more) = @_;
    return $self->add(name => "lua-$function" =~ tr/_/-/r, label => $label,
        set => $set, count => $count, fills => [ $function ],
        $function =~ /look_up/ ? (redis => 'main', %IS_LUA) : (),
        conf => qq{access_by_lua_block { require('healthcode_gate').$function() }\n}, %more);
}


# gate(alg, warm or cold, risk off, live or cached, count; over => 'tcp', 'tls' or
# 'nodes', of the cluster that is named as its Redis,
# redis => NAME, lines => more of its location, name, label, ...): the module.
sub gate {
    my ($self, $alg, $codes, $risk, $count, %more) = @_;
    my $over = delete $more{over} || 'unix';
    my $lines = delete $more{lines} // '';
    my $redis = $more{redis} //= 'main';
    my $store = $risk eq 'off' ? 'off' : "${risk}_${redis}_$over";
    my @zones = ($codes eq 'warm' ? "codes_$alg" : (),
                 $risk eq 'cached' ? $store : ());
    delete $more{redis} if $risk eq 'off' || $over eq 'nodes';
    return $self->add(
        name  => join('-', $alg, $codes, $risk, $count,
                      $risk eq 'off' ? () : $over,
                      $redis eq 'main' ? () : $redis),
        label => join(', ', $alg, "$codes code", "risk $risk"),
        store => $store, name_of => $redis,
        set => "$alg", count => $count, alg => $alg, codes => $codes,
        risk => $risk, over => $risk eq 'off' ? undef : $over,
        zones => [ @zones ], fills => [ @zones ],
        $risk eq 'live'   ? ($count == 1 ? %IS_JOINED : %IS_LIVE) : (),
        $risk eq 'cached' ? %IS_CACHED : (),
        %more, conf => join '', "healthcode on;\nhealthcode_max_age 1d;\n",
            "healthcode_risk $store;\n",
            $codes eq 'warm' ? "healthcode_code_cache codes_$alg;\n" : '',
            $lines);
}


# The same, and each passes a hall: an entry that is annulled at once, so that each
# holder may come as often as the row asks.
sub passage {
    my ($self, $alg, $codes, $risk, $count) = @_;
    return $self->gate($alg, $codes, $risk, $count,
        name => join('-', $alg, $codes, $risk, $count, 'passage'),
        label => join(', ', $alg, "$codes code", "risk $risk", 'passage'),
        lines => 'healthcode_passage hall once=holder hold=0 unconfirmed=annul;'
            . "\n",
        $risk eq 'live' ? %IS_PASSAGE : ());
}


# OpenSSL's own operation, without a gate and without a request.
sub bare {
    my ($self, $alg) = @_;
    push @{ $self->{rows} }, { name => "bare-$alg", bare => $alg, alg => $alg,
                               label => "$alg, OpenSSL alone" };
    return $self;
}


# ---- the configuration ----

# name => how many it has to hold: the codes of each algorithm and the holders of
# each store have one of their own, as large as a gate with so many would have,
# since they would be rivals for the same places.
sub _zones {
    my ($self) = @_;
    my %zones;
    for my $row ($self->rows) {
        for my $zone (@{ $row->{zones} // [] }) {
            $zones{$zone} = $row->{count} if $row->{count} > ($zones{$zone} // 0);
        }
    }
    return %zones;
}


sub http {
    my ($self, $port) = @_;
    my $stand = $self->{stand};
    my %zones = $self->_zones;
    my $http = 'healthcode_pepper_file ' . $stand->path('pepper') . ";\n"
        . "healthcode_issuer bench {\n    iss $Healthcode::Bench::Stand::ISS;\n"
        . '    keys ' . $stand->path('keys.json') . ";\n"
        . "    algorithms @{ $stand->{algs} };\n    max_age 1d;\n}\n";
    for my $zone (sort keys %zones) {
        my $megabytes = 2 + int($zones{$zone} * $ZONE_BYTES / 1024 / 1024);
        $http .= "healthcode_zone $zone ${megabytes}m;\n";
    }
    my %stores = map { ($_->{store} => [ @$_{qw(risk name_of over)} ]) }
        grep { $_->{over} } $self->rows;
    for my $name (sort keys %stores) {
        my ($risk, $redis, $over) = @{ $stores{$name} };
        my $server = $over eq 'nodes' ? join('; server ', map { "127.0.0.1:$_->{port}" }
                $stand->cluster($redis)->nodes) . '; cluster on'
            : $over eq 'tcp' ? "127.0.0.1:$stand->{redis}{$redis}{port}"
            : $over eq 'tls' ? "127.0.0.1:$stand->{redis}{$redis}{tls_port}; "
                . 'ssl on; ssl_name redis.example; ssl_trusted_certificate '
                . $stand->path('ca.crt')
            : 'unix:' . $stand->redis($redis)->socket;
        $http .= "healthcode_store $name { server $server; timeout 10s; "
            . "connect_timeout 10s; "
            . ($risk eq 'cached' ? "cache $name; " : '') . "}\n";
    }
    my $auth = '';
    $http .= $self->_lua_conf if $self->has('lua');
    if ($self->has('auth-request')) {
        $http .= "upstream backend { server 127.0.0.1:$self->{backend}; "
            . "keepalive 256; }\n";
        $auth = <<"END";
location = /auth {
    internal;
    proxy_pass http://backend;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
END
    }
    return "$http\nserver {\nlisten 127.0.0.1:$port backlog=4096;\n$auth\n"
        . "location = /status { healthcode_status; }\n"
        . "$self->{locations}}\n";
}


sub has { my ($self, $name) = @_; return grep { $_->{name} =~ /^$name/ } $self->rows }


sub main {
    my ($self) = @_;
    my $modules = Healthcode::Bench::Stand::modules();
    my $main = 'load_module ' . Healthcode::Fixture->module . ";\n";
    $main .= join '', map { "load_module $modules/$_.so;\n" }
        qw(ndk_http_module ngx_http_lua_module) if $self->has('lua');
    return $main . "worker_rlimit_nofile 20000;\n";
}


sub _lua_conf {
    my ($self) = @_;
    my $stand = $self->{stand};
    my $secret = MIME::Base64::encode_base64($stand->secret, '');
    my $redis = $stand->redis('main')->socket;
    my $path = $stand->root . '/bench/?.lua;;';
    return <<"END";
lua_package_path "$path";
lua_shared_dict verified 64m;
init_by_lua_block {
    local gate = require "healthcode_gate"
    gate.setup {
        secret = ngx.decode_base64("$secret"),
        pepper = "@{[ $stand->pepper ]}",
        iss = "$Healthcode::Bench::Stand::ISS", kid = "HS256",
        max_age = $Healthcode::Bench::Stand::TTL,
        redis = "unix:$redis", entries = 50000
    }
}
END
}

1;
