# healthcode_on_outage by class: a location opens in the outages that it names
# and in no other; what passed so says by which.  docs/directives.md,
# "healthcode_on_outage".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Degraded qw(answer_to answer_until);
use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Http qw(dial);
use Healthcode::Keys qw(drop_proofs);
use Healthcode::Nginx;
use Healthcode::Redis;

use constant WAIT => 6;

my @CLASSES = qw(timeout refused auth proof);

my $f = Healthcode::Fixture->new;
my %code = (alice => $f->code('ALICE'), bob => $f->code('BOB'));
my $redis = Healthcode::Redis->start(dir => $f->dir, name => 'classes',
                                     password => $f->password);
$f->init_store($redis);
my @acl = split / /, Healthcode::Redis::gate_acl();


# /CLASS names one class, /most all but refused in two lines, /all says allow
# alone, /none says nothing; each has the header.
sub gate {
    my ($zone, @lines) = @_;
    my $site = $f->path('site');
    my $http = $f->http_conf(server => 'unix:' . $redis->socket,
                             timeout => '200ms', connect_timeout => '200ms', @lines);
    my %lines = (none => '', all => 'healthcode_on_outage allow;',
                 most => 'healthcode_on_outage allow timeout proof;
                          healthcode_on_outage allow auth;',
                 map { $_ => "healthcode_on_outage allow $_;" } @CLASSES);
    my $locations = join '', map { "location /$_ { healthcode on; $lines{$_}
        healthcode_degraded_header on; alias $site/passed; }\n" } sort keys %lines;
    return Healthcode::Nginx->new(module => $f->module, workers => 1,
                                  http => <<"END")->start;
$zone
$http
server {
    listen unix:{{SOCK}};
    add_header X-Verdict "\$healthcode_verdict \$healthcode_reason" always;
    add_header X-Word "<\$healthcode_degraded>" always;
$locations
    location /silent { healthcode on; healthcode_on_outage allow;
                       alias $site/passed; }
    location /audit { healthcode audit; healthcode_on_outage allow timeout;
                      healthcode_degraded_header on; alias $site/passed; }
    location /inner { healthcode off; healthcode_degraded_header off;
        location /inner/a { healthcode on; healthcode_on_outage deny;
                            alias $site/passed; } }
}
END
}

sub ask { answer_to($_[0], $_[1], $code{$_[2]}) }

sub until_is {
    my ($nginx, $want, $uri, $who) = @_;
    return answer_until($nginx, WAIT, $want, $uri, $code{$who});
}

# class, reason, how it begins, how it ends
my @outages = (
    [ 'timeout', 'store_timeout',
      sub { $redis->freeze }, sub { $redis->thaw } ],
    [ 'refused', 'store_unavailable',
      sub { $redis->down }, sub { $redis->up; $f->init_store($redis) } ],
    [ 'auth', 'store_auth',
      sub { $redis->cmd('ACL', 'SETUSER', 'gate', 'resetpass', '>another-one');
            $redis->kick },
      sub { $redis->cmd('ACL', 'SETUSER', 'gate', 'resetpass',
                        '>' . $f->password) } ],
    [ 'auth', 'store_auth',
      sub { $redis->cmd('ACL', 'SETUSER', 'gate', '-hgetall') },
      sub { $redis->cmd('ACL', 'SETUSER', 'gate', @acl) } ],
    [ 'proof', 'store_unproven',
      sub { drop_proofs($redis) },
      sub { $f->init_store($redis) } ],
);

for my $cache (0, 1) {
    my $with = $cache ? 'with a cache' : 'without one';
    my $nginx = $cache ? gate('healthcode_zone hc 1m;', cache => 'hc') : gate('');

    for my $outage (@outages) {
        my ($class, $reason, $begin, $end) = @$outage;
        my $what = "$with: $reason by $class";
        like(until_is($nginx, qr/^200 /, '/none', 'alice'),
             qr/^200 allow ok <> -$/, "$what: before it, no word of it");

        $begin->();
        like(until_is($nginx, qr/ $reason /, '/none', 'alice'),
             qr/^503 deny $reason <> -$/, "$what: who names nothing denies");

        for my $named (@CLASSES) {
            my $want = $named eq $class ? "200 allow $reason <$class> $class"
                                        : "503 deny $reason <> -";
            is(ask($nginx, "/$named", 'alice'), $want, "$what: at /$named");
        }
        is(ask($nginx, '/most', 'alice'),
           $class eq 'refused' ? "503 deny $reason <> -"
                               : "200 allow $reason <$class> $class",
           "$what: two lines add up");
        is(ask($nginx, '/all', 'alice'), "200 allow $reason <$class> $class",
           "$what: allow alone names them all");
        is(ask($nginx, '/silent', 'alice'), "200 allow $reason <$class> -",
           "$what: the header is asked for");
        is(ask($nginx, '/inner/a', 'alice'), "503 deny $reason <> -",
           "$what: deny is deny");
        is(ask($nginx, '/audit', 'alice'), $class eq 'timeout'
           ? "200 allow $reason <$class> $class" : "200 deny $reason <> -",
           "$what: an audit says what it would do");
        $end->();
    }

    # a flag is not an outage, whatever is named
    like(until_is($nginx, qr/^200 allow ok/, '/all', 'alice'), qr/ ok /,
         "$with: it is over");
    my $flags = $f->risk('bob');
    $redis->cmd('HSET', $flags, 'contact', 0);
    like(until_is($nginx, qr/flagged/, '/all', 'bob'), qr/^403 deny flagged <> -$/,
         "$with: who is flagged is refused");
    $redis->cmd('DEL', $flags);

    ends_well($nginx, $with);
}

# load does not open
{
    my $nginx = gate('', max_pending => 1, timeout => '8s');
    like(until_is($nginx, qr/^200 /, '/none', 'alice'), qr/^200/, 'one at a time');
    $redis->cmd('CLIENT', 'PAUSE', 4000, 'ALL');
    my $waits = dial($nginx->sock);
    syswrite $waits, "GET /none HTTP/1.0\r\nAuthorization: Bearer $code{bob}\r\n\r\n";
    sleep 0.5;
    is(ask($nginx, '/all', 'alice'), '503 deny store_busy <> -',
       'load opens no location');
    like(join('', <$waits>), qr/^HTTP\S+ 200 /, 'who waited meanwhile passes');
    ends_well($nginx, 'load');
}

$redis->down;
done_testing;
