# docs/readers: a gate with the block of each page, and its transcript played to
# it byte by byte, in both directions.  Then every refusal that a gate can be
# brought to: none of them may be answered with what opens, in any dialect.
# docs/readers/README.md, "How these pages are tested".

use strict;
use warnings;

use FindBin;
use IO::Select;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Docs qw(document reasons slurp);
use Healthcode::Fixture;
use Healthcode::Http qw(answers dial exchange get);
use Healthcode::Keys qw($META $REGION);
use Healthcode::Nginx;

my $ROOT = $Healthcode::Fixture::ROOT;
my $f = Healthcode::Fixture->new;
my %page = map { m{([^/]+)\.md$}; ($1 => document($ROOT, "docs/readers/$1.md")) }
    glob "$ROOT/docs/readers/*.md";
my $readme = delete $page{README};
my @names = sort keys %page;
my %transcript = map { ($_ => transcript("docs/readers/$_.txt")) } @names;


# ---- what opens ----

# What a reader takes for a pass, as its page says it.  A reader may be laxer than
# its page: of two fields that could open, none may.
my %OPENS = (
    'plain-get' => sub { $_[0]{status} =~ /^2/ },
    'vguang'    => sub { $_[0]{body} =~ /0000/ },
    'qr-86'     => sub {
        my $said = said($_[0]) or return 0;
        return $said->{code} == 0 || $said->{data}[0]{status} != 0;
    },
    'json'      => sub { my $said = said($_[0]); return $said && $said->{status} == 0 },
    'zkteco-push'      => sub { $_[0]{body} =~ /SUCC|CONTROL/ },
    'hikvision-ticket' => sub { $_[0]{body} =~ /success/ },
    'checkinrpc'       => sub {
        my $said = said($_[0]);
        return $_[0]{status} =~ /^2/ || ($said && ($said->{status} // '') eq 'ok');
    },
    'colours'          => sub {
        my $said = said($_[0]) or return 0;
        return $said->{dahua} == 2 || $said->{iot} == 1 || ($said->{labour} // -1) == 1;
    },
);

# What a reader shows, or says, of a holder whose flag is the reason.
my $FLAGGED = 'A risk flag is set';
my %ACCUSES = (
    'plain-get' => sub { $_[0]{status} == 401 },
    'vguang'    => sub { $_[0]{body} eq 'code=0001' },
    'qr-86'     => sub { my $said = said($_[0]); return $said && $said->{code} == 1 },
    'json'      => sub { my $said = said($_[0]); return $said && $said->{status} == 1 },
    'zkteco-push'      => sub { $_[0]{body} =~ /$FLAGGED/ },
    'hikvision-ticket' => sub { $_[0]{body} =~ /$FLAGGED/ },
    'checkinrpc'       => sub { my $said = said($_[0]);
                                return $said && ($said->{reason} // '') eq 'blocked' },
    'colours'          => sub {
        my $said = said($_[0]) or return 0;
        return $said->{dahua} == 1 || $said->{iot} == 3 || ($said->{labour} // -1) == 0;
    },
);

sub said { my $said = eval { JSON::PP->new->decode($_[0]{body}) }; return $said }


# ---- transcripts ----

# name => [[direction, bytes] or ['closed'], ...], in their order in {order}.
sub transcript {
    my ($name) = @_;
    my (%t, $steps);
    for (split /\n/, slurp("$ROOT/$name")) {
        if (/^#|^$/)         { next }
        elsif (/^== (.*)$/)  { push @{ $t{order} }, $1; $steps = $t{$1} = [] }
        elsif ($_ eq 'closed') { push @$steps, [ 'closed' ] }
        elsif (/^([<>])(\||$| )(.*)$/) {
            my ($way, $text) = ($1, $3 . ($2 eq '|' ? '' : "\r\n"));
            if (@$steps && $steps->[-1][0] eq $way) { $steps->[-1][1] .= $text }
            else { push @$steps, [ $way, $text ] }
        } else {
            die "$name: cannot be read: $_\n";
        }
    }
    return \%t;
}


my %value;    # {code}, {expired}, {flagged}, {server}

sub filled {
    my ($text, %more) = @_;
    my ($body) = $text =~ /\r\n\r\n(.*)\z/s;
    my %all = (%value, %more);
    for ($text, $body) {
        s/\{(\w+)\}/$all{$1} \/\/ "{$1}"/ge if defined;
    }
    $text =~ s/\{length\}/length $body/e;
    return $text;
}


# What has to come, as a pattern, and its length.
sub expected {
    my ($text) = map { filled($_) } @_;
    my $date = 'Mon, 01 Jan 2001 00:00:00 GMT';
    my $sample = $text =~ s/\{date\}/$date/gr =~ s/\{time\}/1234567890/gr;
    my $pattern = quotemeta $text;
    $pattern =~ s/\\\{date\\\}/\\w{3}, \\d\\d \\w{3} \\d{4} [\\d:]{8} GMT/g;
    $pattern =~ s/\\\{time\\\}/(\\d{10})/g;
    return ($pattern, length $sample);
}


# Reads $n bytes, or what comes until the other side closes, in bounded time.
sub take {
    my ($socket, $n) = @_;
    my ($got, $until) = ('', time + 10);
    while (length $got < $n && time < $until) {
        next if !IO::Select->new($socket)->can_read(0.5);
        last if !sysread $socket, $got, $n - length $got, length $got;
    }
    return $got;
}


sub play {
    my ($name, $what, $sock) = @_;
    my $socket = dial($sock);
    for my $step (@{ $transcript{$name}{$what} }) {
        my ($way, $bytes) = @$step;
        if ($way eq '>') {
            syswrite $socket, filled($bytes);
        } elsif ($way eq '<') {
            my ($pattern, $n) = expected($bytes);
            my $before = int time;
            my $got = take($socket, $n);
            ok(my @times = $got =~ /\A$pattern\z/, "$name, $what: the answer, byte for byte")
                or diag("wanted:\n$bytes\ngot:\n$got");
            cmp_ok(abs($_ - $before), '<', 60, "$name, $what: the clock is right")
                for grep { length == 10 } @times;
        } else {
            is(take($socket, 1), '', "$name, $what: nothing follows, and the gate closes");
        }
    }
}


# ---- gates ----

# The blocks of a page; of a variant, its gate alone, with more lines.
sub block {
    my ($name, $variant, $lines) = @_;
    my $conf = join '', map { $_->{text} }
        grep { $_->{info} eq 'nginx http' } @{ $page{$name}{fences} };
    my $sock = "{{ROOT}}/$name" . ($variant ? "-$variant" : '') . '.sock';

    $conf = join '', grep { /healthcode_gate/ } $conf =~ /^server \{.*?^\}\n/msg if $variant;
    $conf =~ s/^(\s*healthcode_gate;)/$1\n$lines/mg if $lines;
    $conf =~ s{(?<=listen)(\s+)127\.0\.0\.1:8080;}{$1unix:$sock;}g;
    return $conf;
}

my $told = "add_header X-Reason \$healthcode_reason always;\n";
my %VARIANT = (
    strict => <<'END',
healthcode_source header X-Code;
healthcode_audience hall-1;
healthcode_max_age 5m;
healthcode_require role = doctor;
healthcode_require $http_x_mask = yes;
healthcode_temperature header X-Temperature max=37.3;
END
    class => "healthcode_disclose class;\n",
    quick => "healthcode_risk quick;\n",
    down  => "healthcode_risk down;\n",
    full  => "healthcode_risk full;\n",
);

# An issuer that has the keys of the site.
sub another {
    my ($name, %lines) = @_;
    return $f->issuer_conf($name, iss => "https://$name.example", algorithms => 'HS256',
        keys => $f->path('site.jwks'), subject_space => 'site', %lines);
}

my $servers = join '', map { my $name = $_;
    (block($name), map { block($name, $_, $told . $VARIANT{$_}) } sort keys %VARIANT) } @names;

my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
${\ $f->http_conf }
${\ $f->store_conf('quick', timeout => '50ms') }
${\ $f->store_conf('full', timeout => '10s', max_pending => 1) }
${\ $f->store_conf('down', server => 'unix:{{ROOT}}/nobody.sock') }
${\ another('later', not_before => '2099-01-01T00:00:00Z') }
${\ another('gone', sunset => '2020-01-01T00:00:00Z') }
healthcode_risk flags;
lingering_timeout 200ms;

server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias ${\ $f->path('site') }/passed; }
}
$servers
END

sub sock {
    my ($name, $variant) = @_;
    return "$nginx->{root}/$name" . ($variant ? "-$variant" : '') . '.sock';
}

%value = (
    code    => $f->code('ALICE'),
    flagged => $f->code('BOB'),
    expired => $f->site(claims => { iat => time - 5000, exp => time - 4500 }),
    server  => get($nginx->sock, '/alive', [])->{header}{server},
);
$f->redis->cmd('HSET', $f->risk('bob'), 'contact', 0);


# ---- the transcripts ----

is(join(' ', map { $_->{cells}[0] =~ /\((\S+)\.md\)/ } @{ $readme->{rows} }), "@names",
   'the index has every page');

for my $name (@names) {
    my @order = @{ $transcript{$name}{order} };
    is("@order[0 .. 3]", 'pass refused busy no code', "$name: the four cases are there");
    for my $what (@order) {
        my $is_busy = $what =~ /^busy/;
        if ($is_busy) {
            $f->redis->cmd('RENAME', $META, 'aside');
            $nginx->ask_until('503 store_unproven', 5, $value{code});
        }
        play($name, $what, sock($name));
        if ($is_busy) {
            $f->redis->cmd('RENAME', 'aside', $META);
            $nginx->ask_until('200', 5, $value{code});
        }
    }
}


# ---- no refusal opens ----

# The first request of each case, in their order.
sub requests {
    my ($name) = @_;
    return map { $transcript{$name}{$_}[0][1] } @{ $transcript{$name}{order} };
}

# The method and the target of a request, whoever's code is in it.
sub place {
    my ($place) = $_[0] =~ /^(\S+ \S+) HTTP/;
    return $place =~ s/\{\w+\}/{code}/gr;
}

# What carries a code to a gate: a request for each place.
my %ways;
for my $name (@names) {
    my %seen;
    $ways{$name} = [ grep { /\{code\}/ && !$seen{place($_)}++ } requests($name) ];
}

# A request of a page with another code and these headers: (reason, answer).
sub show {
    my ($name, $variant, $code, @headers) = @_;
    return ask($name, $variant, $ways{$name}[0], $code, @headers);
}

sub ask {
    my ($name, $variant, $request, $code, @headers) = @_;
    $request =~ s/^Connection:.*\r\n//mi;
    $request =~ s/\r\n/join "\r\n", '', @headers, 'Connection: close', ''/e;
    my ($answer) = answers((exchange(sock($name, $variant), filled($request, code => $code)))[0]);
    return ($answer->{header}{'x-reason'} // '(none)', $answer);
}

my $now = int time;
my @whole = ('X-Temperature: 36.5', 'X-Mask: yes');

sub site {
    my ($claims, $header, %more) = @_;
    return $f->site(claims => { aud => 'hall-1', role => 'doctor', %$claims },
                    header => $header // {}, %more);
}

$f->redis->cmd('HSET', $f->risk('eve', 'site'), 'contact', 0);
$f->redis->cmd('HSET', $REGION, 51, 'high 0');

my ($lost, $old) = (site({ sub => 'dan' }), site({ sub => 'fay', iat => $now - 60, exp => $now + 60 }));
$f->admin([ qw(control revoke-code --space site), $lost ]);
$f->admin('control before --space site --holder fay +0s');

my @CASES = (
    [ strict => 'missing', '' ],
    [ strict => 'ambiguous', site({}), 'X-Code: ' . site({ sub => 'x' }) ],
    [ strict => 'malformed', 'x' ],
    [ strict => 'unsupported', site({}, { crit => [ 'x' ], x => 1 }) ],
    [ strict => 'issuer', site({ iss => 'https://nobody.example' }) ],
    [ strict => 'type', site({}, { typ => 'other' }) ],
    [ strict => 'algorithm', site({}, { alg => 'ES256' }) ],
    [ strict => 'key', site({}, { kid => 'none' }) ],
    [ strict => 'signature', site({}, {}, secret => 'another secret, of 32 bytes or more') ],
    [ strict => 'issuer_not_yet', site({ iss => 'https://later.example' }) ],
    [ strict => 'issuer_sunset', site({ iss => 'https://gone.example' }) ],
    [ strict => 'lifetime', site({ exp => $now + 7200 }) ],
    [ strict => 'not_yet_valid', site({ nbf => $now + 600 }) ],
    [ strict => 'expired', site({ iat => $now - 5000, exp => $now - 4500 }) ],
    [ strict => 'too_old', site({ iat => $now - 500, exp => $now + 100 }) ],
    [ strict => 'audience', site({ aud => 'hall-2' }) ],
    [ strict => 'status', site({ status => 'x' }) ],
    [ strict => 'claim', site({ role => 'guest' }) ],
    [ strict => 'temperature_missing', site({}), 'X-Mask: yes' ],
    [ strict => 'temperature', site({}), 'X-Temperature: 38.1', 'X-Mask: yes' ],
    [ strict => 'condition', site({}), 'X-Temperature: 36.5' ],
    [ strict => 'flagged', site({ sub => 'eve' }), @whole ],
    [ strict => 'region', site({ regions => [ '51' ] }), @whole ],
    [ strict => 'code_revoked', $lost, @whole ],
    [ strict => 'issued_before', $old, @whole ],
    [ class => 'malformed', 'x' ],
    [ down => 'store_unavailable', $value{code} ],
    [ strict => 'ok', site({}), @whole ],
    [ full => 'ok', $value{code} ],
);

my %class_of = map { $_->[0] => $_->[2] }
    reasons(slurp("$ROOT/ngx_http_healthcode_module/core/healthcode_reason.h"));
my %seen;

sub none_opens {
    for my $case (@_) {
        my ($variant, $wanted, $code, @headers) = @$case;
        for my $way (map { my $name = $_; map { [ $name, $_ ] } @{ $ways{$name} } } @names) {
            my ($name, $request) = @$way;
            my ($reason, $answer) = ask($name, $variant, $request, $code, @headers);
            is($reason, $wanted, "$name: brought to $wanted") or diag($answer->{body});
            is(!!$OPENS{$name}->($answer), $wanted eq 'ok',
               "$name: " . ($wanted eq 'ok' ? 'what opens is known' : "$wanted opens nothing"))
                or diag($answer->{body});

            my $class = $class_of{$reason} // '';
            $seen{$class}++;
            ok($ACCUSES{$name}->($answer), "$name: who is accused is known")
                or diag($answer->{body}) if $wanted eq 'flagged';
            ok(!$ACCUSES{$name}->($answer), "$name: $wanted accuses nobody")
                or diag($answer->{body}) if $class =~ /^(?:ok|keys|store)/;
        }
    }
}

none_opens(@CASES);

$f->admin('control suspend https://site.example');
none_opens([ strict => 'issuer_suspended', site({}), @whole ]);

$f->redis->cmd('RENAME', $META, 'aside');
$nginx->ask_until('503 store_unproven', 5, $value{code});
none_opens([ class => 'store_unproven', $value{code} ]);
$f->redis->cmd('RENAME', 'aside', $META);
$nginx->ask_until('200', 5, $value{code});
show($names[0], 'full', $value{code});

$f->redis->cmd('ACL', 'SETUSER', 'gate', '-hgetall');
$nginx->ask_until('503 store_auth', 5, $value{code});
none_opens([ class => 'store_auth', $value{code} ]);
$f->redis->cmd('ACL', 'SETUSER', 'gate', '+hgetall');

# each has a connection of its own to this store
for my $variant (qw(class quick full)) {
    my $until = time + 10;
    sleep 0.05 while (show('plain-get', $variant, $value{code}))[0] ne 'ok' && time < $until;
}

$f->redis->freeze;
none_opens([ quick => 'store_timeout', $value{code} ]);
my $waits = dial(sock('plain-get', 'full'));
syswrite $waits, "GET /door?key=$value{code} HTTP/1.0\r\n\r\n";
my $until = time + 5;
sleep 0.02 while (show('plain-get', 'full', $value{code}))[0] ne 'store_busy' && time < $until;
none_opens([ full => 'store_busy', $value{code} ]);
$f->redis->thaw;
like(take($waits, 15), qr/^HTTP\S+ 200 /, 'who waited meanwhile passes');

# What a code writes into the record of a controller, as behind a tab, comes back.
for my $field (qw(time pin addrtype eventaddr event inoutstatus verifytype)) {
    for my $word ('AUTH=SUCCEED', 'CONTROL DEVICE 01010105') {
        for my $request (@{ $ways{'zkteco-push'} }) {
            my $moved = $request =~ s/\b(?:time|pin)=[^\t]*\t//gr;
            my ($reason, $answer) = ask('zkteco-push', 'class', $moved, "x\t$field=$word");
            is($reason, 'malformed', "zkteco-push: $field is $word");
            ok(!$OPENS{'zkteco-push'}->($answer), 'which opens nothing')
                or diag($answer->{body});
        }
    }
}

# Places of a page without a gate: not even who may pass opens them.
for my $name (@names) {
    my ($conf) = map { $_->{text} } grep { $_->{info} eq 'nginx http' } @{ $page{$name}{fences} };
    my @requests = requests($name);
    my %is_way = map { (place($_) => 1) } @{ $ways{$name} };
    my %others = map { ($_ => 1) } grep { !$is_way{$_} && !/\{code\}/ } map { place($_) } @requests;

    while ($conf =~ /^ +location (?:(=|~) )?(\S+) \{/mg) {
        my ($how, $what) = ($1 // '', $2);
        my $match = $how eq '~' ? qr/$what/ : $how ? qr/^\Q$what\E$/ : qr/^\Q$what/;
        ok((grep { (place($_) =~ m{^\S+ ([^?]+)})[0] =~ $match } @requests),
           "$name: a transcript asks location $what");
    }

    for my $place (sort keys %others) {
        my ($target) = $place =~ /^\S+ (.*)/;
        for my $request (@{ $ways{$name} }) {
            my $moved = $request =~ s/^(\S+) \S+/$1 $target/r;
            my ($reason, $answer) = ask($name, '', $moved, $value{code});
            ok(!$OPENS{$name}->($answer), "$name: $place opens nothing") or diag($answer->{body});
        }
    }
}

# What nginx refuses by itself, before a gate is asked.
for my $name (@names) {
    my ($request) = map { $_->[1] } grep { $_->[0] eq '>' } @{ $transcript{$name}{pass} };
    my ($line) = filled($request, code => 'x') =~ /^(.*?\r\n)/;
    for my $case ([ 400, 'x' ], [ 413, 99_999_999 ]) {
        my ($status, $length) = @$case;
        my $socket = dial(sock($name));
        syswrite $socket, "${line}Host: a\r\nContent-Length: $length\r\n\r\n";
        shutdown $socket, 1;
        my ($answer) = answers((exchange($socket, ''))[0]);
        is($answer->{status}, $status, "$name: nginx refuses with $status");
        ok(!$OPENS{$name}->($answer), "$name: which opens nothing") or diag($answer->{body});
    }
}

# What no request brought about is answered by one of the lines, too: the most
# exact one counts, so each line but "allow" is looked at, and "deny" is there.
for my $name (@names) {
    my %line;
    for my $fence (grep { $_->{info} eq 'nginx http' } @{ $page{$name}{fences} }) {
        $line{$1} = { status => $2, body => $3 // $4 // '' } while $fence->{text}
            =~ /healthcode_reply\s+(\w+)\s+(\d+)(?:\s+(?:'([^']*)'|"([^"]*)"))?/g;
    }
    ok($line{$_}, "$name: has a line for $_") for qw(allow deny busy);
    for my $word (grep { $_ ne 'allow' } sort keys %line) {
        $line{$word}{body} =~ s/\$\w+/9/g;
        ok(!$OPENS{$name}->($line{$word}), "$name: the line for $word opens nothing")
            or diag(explain($line{$word}));
    }
    unlike(join('', map { $_->{text} } @{ $page{$name}{fences} }), qr/\bgreen\b/,
           "$name: no map makes green of a refusal");
}

is(join(' ', grep { !$seen{$_} } sort grep { !/^(?:fault|keys)$/ } values %class_of), '',
   'each class of reasons was seen');

my $log = $nginx->error_log . $nginx->access_log;
is(scalar(grep { index($log, $_) >= 0 } @value{qw(code flagged expired)}), 0,
   'no code is in a log');
unlike($nginx->error_log, qr/\[(?:crit|alert|emerg)\]/, 'nothing is wrong');

$nginx->stop;
done_testing();
