# A store that sentinels lead: a gate asks the master that a majority of the
# configured sentinels names, goes where they say, by plan or after a kill, and
# nowhere when they are silent.  Real ones.  docs/connection.md, "Sentinel".

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Keys qw($REGION);
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Sentinel;

use constant RECOVERY => 30;

my $f     = Healthcode::Fixture->new(no_redis => 1);
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');


# A gate whose store has these lines; workers, level and cache are its own.
sub gate {
    my (%lines) = @_;
    my %opt = map { $_ => delete $lines{$_} } qw(workers level);
    my $zone = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $http = $f->pepper_conf . $f->issuers_conf
        . $f->store_conf('flags', timeout => '500ms', connect_timeout => '1s', %lines);
    return Healthcode::Nginx->new(module => $f->module,
        (map { $opt{$_} ? ($_ => $opt{$_}) : () } keys %opt), http => <<"END");
$zone
$http
add_header X-Known "\$healthcode_risk_cache" always;
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /status { healthcode_status json; }
    location /metrics { healthcode_status prometheus; }
    location /t { healthcode on; alias $site/passed; }
}
END
}

# The lines about the store of an error log, without time and process.
sub told {
    return $_[0]->error_log =~
        /^\S+ \S+ (\[(?:notice|error|warn|crit|alert|emerg)\]) \S+ (?:\*\d+ )?(healthcode: store .*)$/mg
}

# What healthcode_status says of sentinels, once it is so; or at last.
sub led {
    my ($nginx, $is) = @_;
    my $led;
    for (1 .. RECOVERY * 20) {
        $led = JSON::PP->new->utf8->decode(get($nginx->sock, '/status', [])->{body})
            ->{stores}[0]{sentinel};
        return $led if $is->($led);
        sleep 0.05;
    }
    return $led;
}

# SENTINELS, REACHABLE, AGREEING and MASTER, by words.
sub led_as {
    my ($nginx, $as) = @_;
    my $words = sub { join ' ', map { $_ // 'null' }
                          @{ $_[0] }{qw(sentinels reachable agreeing master)} };
    return $words->(led($nginx, sub { $words->($_[0]) eq $as }));
}

sub flag { $f->admin("flag $_[0] $_[1] confirmed", redis => $_[2]) }


# ---- planned, killed, silent ----

{
    my $city = Healthcode::Sentinel->new(fixture => $f, servers => 3,
                                         password => $f->password);
    my $old = $city->master;
    $f->init_store($old);

    for my $cached (0, 1) {
        my $what = $cached ? 'with a cache' : 'live';
        my $nginx = gate($city->lines, workers => 2, $cached ? (cache => 'gate') : ())->start;
        $old = $city->master;
        is($nginx->ask_until(200, RECOVERY, $alice), 200, "$what: a code passes");
        like($nginx->error_log, qr/\[notice\].*: [23] of 3 sentinels name the master 127\.0\.0\.1:$old->{port}, in configuration epoch \d+; connecting there/,
             "$what: and the log names the master");
        $nginx->ask($alice) for 1 .. 20;
        is(led_as($nginx, "3 3 3 127.0.0.1:$old->{port}"), "3 3 3 127.0.0.1:$old->{port}",
           "$what: and healthcode_status");
        my $before = led($nginx, sub { 1 });

        # planned; the flag is set as soon as it can be
        $city->fail_over;
        my $new = $city->wait_master($old);
        flag('set', 'alice', $new);
        is($nginx->ask_until('403 flagged', RECOVERY, $alice), '403 flagged',
           "$what: planned: the flags of the new master count");
        ok($nginx->logged(qr/(?:name the master 127\.0\.0\.1:$new->{port}.*?){2}/s, 20),
           "$what: planned: both workers go there");
        is(scalar(grep { $_ ne '403 flagged' } map { scalar $nginx->ask($alice) } 1 .. 50), 0,
           "$what: planned: from then on nobody forgets them");
        is($nginx->ask($bob), 200, "$what: planned: others pass");
        my $after = led($nginx, sub { ($_[0]{master} // '') eq "127.0.0.1:$new->{port}"
                                      && $_[0]{agreeing} == 3 });
        is($after->{master}, "127.0.0.1:$new->{port}", "$what: planned: healthcode_status says so");
        cmp_ok($after->{epoch}, '>', $before->{epoch}, "$what: planned: in a higher epoch");
        my %said = $city->said(($city->sentinels)[0]);
        is($after->{epoch}, $said{'config-epoch'}, "$what: planned: which is that of the sentinels");
        cmp_ok($after->{since}, '>=', $before->{since}, "$what: planned: since later");
        flag('clear', 'alice', $new);
        is($nginx->ask_until(200, RECOVERY, $alice), 200, "$what: planned: and are cleared there");
        $city->wait_links(grep { $_ != $new } $city->servers);
        $city->wait_known;

        # killed
        $new->down;
        my $third = $city->wait_master($new);
        flag('set', 'bob', $third);
        is($nginx->ask_until('403 flagged', RECOVERY, $bob), '403 flagged',
           "$what: killed: the flags of the new master count");
        is($nginx->ask($alice), 200, "$what: killed: others pass");
        flag('clear', 'bob', $third);
        is($nginx->ask_until(200, RECOVERY, $bob), 200, "$what: killed: and are cleared there");

        $city->revive($new);
        $city->wait_links(grep { $_ != $third } $city->servers);
        $city->wait_known;
        ends_well($nginx, $what);
    }

    # the command goes where they say, and nowhere without a majority
    my @at = ('--sentinel-user', 'gate', '--sentinel-password-file', $f->path('password'));
    my @all = map { $_->{port} } $city->sentinels;
    my $free = free_port();
    my $url = 'sentinel://' . join(',', map { "127.0.0.1:$_" } @all) . '/city';
    my $master = $city->master;
    is($f->tool('region', 'set', '--redis', $url, @at, 110105, 'high'),
       'set 110105 high until cleared', 'the command writes');
    is($master->cmd('HGET', $REGION, 110105), 'high 0', 'to the master that they name');
    is($f->tool('region', 'clear', '--redis', "$url?db=0", @at, 110105), 'cleared 110105',
       'a database may be named');
    for my $row (
        [ 'another name', 3, [ '--redis', $url =~ s/city/town/r, @at ],
          qr/--redis: too few sentinels .* 0 of 3, and it takes 2.*; the last one of them: SENTINEL MASTER is refused: ERR No such master.*it watches no master "town"/ ],
        [ 'one of three', 3, [ '--redis', "sentinel://127.0.0.1:$all[0],127.0.0.1:$free,[::1]:$free/city", @at ],
          qr/1 of 3, and it takes 2; .*; the last one of them: cannot connect to ::1:$free: / ],
        [ 'a wrong password', 3, [ '--redis', $url, '--sentinel-user', 'gate',
          '--sentinel-password-file', $f->path('pepper') ],
          qr/WRONGPASS .*; check "--sentinel-user" and "--sentinel-password-file"/ ],
        [ 'a user alone', 2, [ '--redis', $url, '--sentinel-user', 'gate' ],
          qr/the user "gate" of the sentinels has no password; write --sentinel-password-file FILE/ ],
        [ 'no sentinels', 2, [ '--redis', 'redis://127.0.0.1', '--sentinel-user', 'gate' ],
          qr/there are no sentinels in this URL; write sentinel:\/\/, or leave/ ],
        [ 'no name', 2, [ '--redis', 'sentinel://127.0.0.1' ], qr/this URL cannot be read: .*; write .*sentinel:\/\/host/ ],
        [ 'an empty name', 2, [ '--redis', 'sentinel://127.0.0.1/' ], qr/this URL cannot be read/ ],
        [ 'an empty sentinel', 2, [ '--redis', 'sentinel://127.0.0.1,,[::1]/city' ], qr/this URL cannot be read/ ],
        [ 'a user in the URL', 2, [ '--redis', 'sentinel://me@127.0.0.1/city' ], qr/this URL cannot be read/ ],
        [ 'too many', 2, [ '--redis', 'sentinel://' . join(',', ('127.0.0.1') x 16) . '/city' ],
          qr/more than 15 sentinels/ ],
        [ 'TLS without a name', 2, [ '--redis', 'sentinels://127.0.0.1/city' ], qr/--ssl-name is missing/ ],
    ) {
        my ($what, $wanted, $args, $why) = @$row;
        my ($status, $out) = $f->try_tool('region', 'list', @$args);
        is($status, $wanted, "the command, $what: exit status");
        like($out, $why, "the command, $what: what it says");
    }

    # silence: two of three are stopped, and then go on
    my $nginx = gate($city->lines, sentinel_silence => '1s', cache => 'gate')->start;
    my @two = ($city->sentinels)[0, 1];
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'silence: a code passes before');

    my $at = "127.0.0.1:$master->{port}";
    is(led_as($nginx, "3 3 3 $at"), "3 3 3 $at", 'silence: all of them speak');
    my $led = led($nginx, sub { 1 });
    is($led->{name}, 'city', 'silence: of this master');
    my $text = get($nginx->sock, '/metrics', [])->{body};
    for my $line ('sentinels{store="flags"} 3', 'sentinels_reachable{store="flags"} 3',
                  'sentinels_agreeing{store="flags"} 3',
                  "master_epoch{store=\"flags\"} $led->{epoch}",
                  "master_since_time_seconds{store=\"flags\"} $led->{since}")
    {
        like($text, qr/^healthcode_store_\Q$line\E$/m, "Prometheus: $line");
    }
    unlike($text, qr/\Q$at\E/, 'and no address');
    sleep 0.05 while time < $led->{since} + 2;
    ok($nginx->reload, 'silence: a reload');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'silence: after which a code passes');
    is(led($nginx, sub { defined $_[0]{since} })->{since}, $led->{since},
       'silence: and the master is named since then');

    $_->freeze for @two;
    is($nginx->ask_until('503 store_timeout', RECOVERY, $alice), '503 store_timeout',
       'silence: without a majority it is an outage');
    like(join("\n", told($nginx)), qr/\[error\]\nhealthcode: store "flags" at sentinel city is down: too few sentinels say who the master is: [01] of 3, and it takes 2; see to them/,
         'silence: which the log says');
    my $passed = 0;
    for (1 .. 100) { $passed += $nginx->ask($alice) eq 200; sleep 0.01 }
    is($passed, 0, 'silence: and stays one, although the master answers');
    is(led_as($nginx, '3 1 0 null'), '3 1 0 null', 'silence: healthcode_status says it, too');
    unlike(get($nginx->sock, '/metrics', [])->{body}, qr/^healthcode_store_master_\w+\{/m,
           'silence: and Prometheus has no master');
    $_->thaw for @two;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'silence: when they speak it is over');
    like(join("\n", told($nginx)), qr/healthcode: store "flags" at sentinel city is up; it was down for/,
         'silence: which the log says, too');

    # one of three: nothing is noticed
    my ($one) = $city->sentinels;
    $one->freeze;
    ok($nginx->logged(qr/the sentinel at 127\.0\.0\.1:$one->{port} is down: it does not answer in/, RECOVERY),
       'one of three that is stopped is named');
    is(led_as($nginx, "3 2 2 $at"), "3 2 2 $at", 'and healthcode_status counts the others');
    is(scalar(grep { $_ ne 200 } map { sleep 0.02; scalar $nginx->ask($alice) } 1 .. 100), 0,
       'and nothing else happens');
    $one->thaw;
    ok($nginx->logged(qr/the sentinel at 127\.0\.0\.1:$one->{port} is up; it was down for/, RECOVERY),
       'and so is that it goes on');
    ends_well($nginx, 'silence');

    # what is not right; lines, the answer, the log
    my $missing = free_port();
    my @ports = map { $_->{port} } $city->sentinels;
    my %lines = ($city->lines, sentinel_silence => '1s');
    my $wrong = $f->write('wrong', "wrong\n", 0600);
    my $server = $city->master;
    for my $row (
        [ 'another name', { %lines, sentinel => 'town' },
          qr/is refused: ERR No such master.*; it watches no master "town": write the name of its line "sentinel monitor"/ ],
        [ 'a wrong password', { %lines, sentinel_password_file => $wrong },
          qr/HELLO 3 is refused: WRONGPASS .*; check "sentinel_user" and "sentinel_password_file", and that/ ],
        [ 'no sentinels', { %lines, $city->lines(map { free_port() } 1 .. 3) },
          qr/connect\(\) failed \(111: / ],
        [ 'one of three', { %lines, $city->lines($ports[0], $missing, $missing + 1) },
          qr/too few sentinels say who the master is: 1 of 3, and it takes 2/ ],
        [ 'a Redis', { %lines, $city->lines($server->{port}), sentinel_user => undef,
                       sentinel_password_file => undef },
          qr/it is not a sentinel; name the port of a sentinel, 26379 by default/ ],
        [ 'TLS, which they do not speak', { %lines, ssl => 'on', ssl_name => 'redis.example' },
          qr/the sentinel at \S+ is down: .*; does it speak TLS\? name its "tls-port"/ ],
    ) {
        my ($what, $lines, $why) = @$row;
        my $nginx = gate(%$lines)->start;
        my $got;
        for (1 .. 20) { $got = $nginx->ask($alice); sleep 0.05 }
        like($got, qr/^503 store_timeout$/, "$what: is an outage");
        ok($nginx->logged($why, RECOVERY), "$what: which the log explains")
            or diag(join "\n", told($nginx));
        unlike($nginx->error_log, qr/" 200 /, "$what: nobody passes");
        ends_well($nginx, $what);
    }

    # rights that are missing
    for my $row ([ '+subscribe', 'SUBSCRIBE', '+subscribe &+switch-master' ],
                 [ '&+switch-master', 'SUBSCRIBE', '+subscribe &+switch-master' ],
                 [ '+sentinel|master', 'SENTINEL MASTER', '+sentinel|master' ],
                 [ '+sentinel|get-master-addr-by-name', 'SENTINEL GET-MASTER-ADDR-BY-NAME',
                   '+sentinel|get-master-addr-by-name' ])
    {
        my ($right, $command, $needs) = @$row;
        my $acl = $Healthcode::Sentinel::ACL =~ s/\Q$right\E(?= |$)//r;
        $_->cmd('ACL', 'SETUSER', 'gate', 'reset', 'on', '>' . $f->password, split ' ', $acl)
            for $city->sentinels;
        my $nginx = gate(%lines)->start;
        ok($nginx->logged(qr/the sentinel at \S+ is down: \Q$command\E is refused: NOPERM .*; give the right there: "ACL SETUSER gate \Q$needs\E"/, RECOVERY),
           "without $right the log says what to give") or diag(join "\n", told($nginx));
        $nginx->stop;
    }

    $city->down;
}


# ---- TLS, for both ----

SKIP: {
    my $ca = Healthcode::Authority->new($f->dir, 'ca');
    my $good = $ca->issue('good', san => 'DNS:redis.example,IP:127.0.0.1');
    my $city = eval {
        Healthcode::Sentinel->new(fixture => $f, tls => [
            'port 0', "tls-cert-file $good->{cert}", "tls-key-file $good->{key}",
            'tls-ca-cert-file ' . $ca->cert, 'tls-auth-clients no' ]);
    } or skip "no TLS: $@", 6;
    my $old = $city->master;
    $f->init_store($old);
    my %tls = (ssl => 'on', ssl_name => 'redis.example', ssl_trusted_certificate => $ca->cert);
    my $nginx = gate($city->lines, %tls)->start;
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'TLS: a code passes');
    my ($status, $out) = $f->try_tool('region', 'list', '--redis', 'sentinels://'
        . join(',', map { "127.0.0.1:$_->{port}" } $city->sentinels) . '/city',
        '--ssl-name', 'redis.example', '--cacert', $ca->cert);
    is($status, 0, 'TLS: the command goes there, too') or diag($out);
    $city->fail_over;
    my $new = $city->wait_master($old);
    flag('set', 'alice', $new);
    is($nginx->ask_until('403 flagged', RECOVERY, $alice), '403 flagged',
       'TLS: planned: the flags of the new master count');
    ends_well($nginx, 'TLS');

    $nginx = gate($city->lines, %tls, ssl_name => 'other.example')->start;
    ok($nginx->logged(qr/the sentinel at \S+ is down: .*is for another name than "other\.example"/, RECOVERY),
       'TLS: sentinels are verified');
    is($nginx->ask($bob), '503 store_timeout', 'TLS: and not believed otherwise');
    ends_well($nginx, 'TLS, another name');
    $city->down;
}


# ---- nginx -t ----

my $three = '127.0.0.1:1; server 127.0.0.1:2; server 127.0.0.1:3';
for my $row (
    [ 'no server', { sentinel => 'city' },
      qr/has a "sentinel" and no "server"; write a line "server HOST:26379;" for each/ ],
    [ 'servers without a sentinel', { server => $three },
      qr/has several lines "server"; write one, or "sentinel NAME;"/ ],
    [ 'lines of sentinels alone', { server => '127.0.0.1:1', sentinel_silence => '2s' },
      qr/has lines of sentinels without "sentinel"/ ],
    [ 'a user alone', { sentinel => 'city', server => $three, sentinel_user => 'gate' },
      qr/has a "sentinel_user" without a "sentinel_password_file"/ ],
    [ 'a short silence', { sentinel => 'city', server => $three, sentinel_silence => '900ms' },
      qr/has a "sentinel_silence" below a second/ ],
    [ 'one of them twice', { sentinel => 'city', server => "$three; server 127.0.0.1:2" },
      qr/duplicate sentinel "127\.0\.0\.1:2", which would count twice/ ],
    [ 'one twice, by its default port',
      { sentinel => 'city', server => '127.0.0.1; server 127.0.0.2; server 127.0.0.1:26379' },
      qr/duplicate sentinel "127\.0\.0\.1:26379"/ ],
    [ 'two masters', { 'sentinel town; sentinel' => 'city', server => $three },
      qr/"sentinel" in "healthcode_store" is duplicate; a store has one master/ ],
    [ 'too many', { sentinel => 'city', server => join '; server ', map { "127.0.0.1:$_" } 1 .. 16 },
      qr/has more than 15 sentinels/ ],
    [ 'an empty password', { sentinel => 'city', server => $three,
                             sentinel_password_file => $f->write('empty', "\n", 0600) },
      qr/names an empty file; write the password into it/ ],
    [ 'TLS without a name', { sentinel => 'city', server => $three, ssl => 'on' },
      qr/has "ssl on", and a "sentinel", which names the master by its address; write "ssl_name NAME;"/ ],
) {
    my ($what, $lines, $why) = @$row;
    my ($status, $out) = gate(%$lines)->check;
    isnt($status, 0, "$what: nginx -t refuses it");
    like($out, $why, "$what: and says what to write");
}

{
    my ($status, $out) = gate(sentinel => 'city', server => $three)->check;
    is($status, 0, 'three sentinels are accepted');
    unlike($out, qr/\[(notice|warn)\].*healthcode/, 'without a word');
    ($status, $out) = gate(sentinel => 'city', server => '127.0.0.1')->check;
    is($status, 0, 'one is accepted, too');
    like($out, qr/\[warn\].*store "flags" has 1 of its sentinels, and is out when one of them is/,
         'with a warning');
    my $open = $f->write('open', "secret\n", 0644);
    ($status, $out) = gate(sentinel => 'city', server => $three, sentinel_password_file => $open)->check;
    like($out, qr/\[warn\].*open" holds a secret, but everybody/, 'a password that all may read is named');
}

done_testing;
