# A gate whose stores cannot be trusted: many lanes at once, each a location with
# a store of its own behind a relay that spoils replies.  Sees that nobody who may
# not pass does, nor anybody by an answer that was cut or of another type.

package Healthcode::Attack::Store;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use Healthcode::Attack::Clients;
use Healthcode::Attack::Gate;
use Healthcode::Attack::Random;
use Healthcode::Attack::Relay;
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Keys qw($CONTROL $REGION);
use Healthcode::Nginx;
use Healthcode::Process;

use constant { LANES => 48, PROCESSES => 6, PATIENCE => 30 };

my $SUSPENDED = 'https://province.example';


# run(seed => N, seconds => S):
# { count, kinds => { name => [how often, passed, refused] }, wrong => [TEXT] }
sub run {
    my (%opt) = @_;
    my $f = Healthcode::Fixture->new;
    my $self = bless { %opt, f => $f, until => time + $opt{seconds} }, __PACKAGE__;

    my $of = sub { $f->risk($_[0], 'site') };
    $f->redis->cmd('HSET', $of->('flagged'), 'confirmed', 0, 'contact', 0);
    $f->redis->cmd('HSET', $of->('revoked'),
                   $f->revoked($Healthcode::Fixture::ISS{site}, 'stolen'), 0);
    $f->redis->cmd('HSET', $of->('called'), 'before', int(time) + $opt{seconds}
                   + 600);
    $f->redis->cmd('HSET', $REGION, 110101, 'high 0');
    $f->redis->cmd('HSET', $CONTROL, "issuer:$SUSPENDED", 0);
    $self->{relays} = [ map {
        Healthcode::Attack::Relay->new($f->dir, "lane$_", $f->redis->socket)
    } 0 .. LANES - 1 ];
    my @relays = _of_each(sub {
        Healthcode::Attack::Relay::start($opt{seconds} + 120,
                                         @{ $self->{relays} }[@_]) });
    $self->{nginx} = Healthcode::Nginx->new(module => $f->module, workers => 1,
        http => $self->_http)->start(30);
    my $workers = Healthcode::Attack::Gate::workers($self->{nginx}, 1);

    my @lanes = _of_each(sub {
        my @mine = @_;
        Healthcode::Process->spawn(sub { $self->_lanes(@mine) }) });
    $_->wait($opt{seconds} + 90) // push @{ $self->{wrong} }, 'a lane goes on'
        for @lanes;
    $self->_collect($_->output) for @lanes;
    $self->_judge($workers);
    return $self;
}


# Shares the lanes out to processes: what $start makes of the lanes of each.
sub _of_each {
    my ($start) = @_;
    return map {
        my $first = $_;
        $start->(grep { $_ % PROCESSES == $first } 0 .. LANES - 1)
    } 0 .. PROCESSES - 1;
}


# Some lanes have a cache: no more than sixteen stores may.
sub _cached { $_[0] < 16 && $_[0] % 3 == 1 }

sub _http {
    my ($self) = @_;
    my $f = $self->{f};
    my $site = $f->path('site');
    my (@stores, @locations);
    # what the attack must notice
    my $hole = $ENV{HOLE} ? 'healthcode_on_outage allow;' : '';
    for my $lane (0 .. LANES - 1) {
        push @stores, $f->store_conf("lane$lane",
            server => "unix:$self->{relays}[$lane]{base}.sock",
            timeout => '300ms', connect_timeout => '500ms',
            (_cached($lane) ? (cache => 'gate') : ()));
        push @locations, "location /t$lane { healthcode on; "
            . "healthcode_risk lane$lane; $hole alias $site/passed; }";
        push @locations, "location /lenient$lane { healthcode on; "
            . "healthcode_risk lane$lane; healthcode_on_outage allow; "
            . "alias $site/passed; }";
    }
    return join "\n", 'healthcode_zone gate 1m;', $f->pepper_conf,
        $f->issuers_conf, @stores,
        'server { listen unix:{{SOCK}}; location /alive { return 204; }',
        @locations, '}';
}


# ---- some lanes: a process ----

# What each phase came to, a line of it; a wrong one with all that belongs to it.
# A lane begins a phase once the gate has come back to its store, which takes up
# to a second, in which others have their turn.
sub _lanes {
    my ($self, @lanes) = @_;
    my %phase = map { $_ => 0 } @lanes;
    my %since = map { $_ => time } @lanes;
    $| = 1;

    while (time < $self->{until}) {
        my $idle = 1;
        for my $lane (@lanes) {
            my $answer = $self->_ask("/t$lane", $self->_somebody);
            if ($answer ne 200) {
                next if time - $since{$lane} < PATIENCE;
                return print "WRONG lane $lane phase $phase{$lane}: a sound "
                    . "store, and still \"$answer\"\0\n";
            }
            $self->_phase($lane, ++$phase{$lane});
            $since{$lane} = time;
            $idle = 0;
        }
        sleep 0.03 if $idle;
    }
}


sub _somebody {
    my ($self) = @_;
    return $self->{f}->site(claims => { sub => "p-$$-" . ++$self->{somebody} });
}


sub _ask {
    my ($self, $uri, $code) = @_;
    return eval { $self->{nginx}->ask($code, $uri, 10) } // "none: $@";
}


# Who asks, what is done to the answer, and what may come of it.
sub _phase {
    my ($self, $lane, $phase) = @_;
    my $random = Healthcode::Attack::Random->new($self->{seed}, $lane, $phase);
    my $relay = $self->{relays}[$lane];
    my $who = $random->pick(qw(clean clean clean flagged revoked called region
                               suspended));
    my $target = $random->pick(qw(read read read handshake),
                               _cached($lane) ? 'heartbeat' : 'read');
    my $kind = $random->once_in(4)
        ? $random->pick(@Healthcode::Attack::Relay::LEGAL)
        : $random->pick(@Healthcode::Attack::Relay::ILLEGAL);
    my $where = '';
    # each byte of an answer in its turn
    ($kind, $target, $where) = ('cut', 'read', int($phase / 3) * LANES + $lane)
        if $phase % 3 == 0;
    $who = 'clean' if $kind eq 'mutate';
    my $legal = grep { $_ eq $kind } @Healthcode::Attack::Relay::LEGAL;

    my %code = (
        flagged   => sub { $self->{f}->site(claims => { sub => 'flagged' }) },
        revoked   => sub { $self->{f}->site(claims => { sub => 'revoked',
                                                        jti => 'stolen' }) },
        called    => sub { $self->{f}->site(claims => { sub => 'called' }) },
        region    => sub { $self->{f}->site(claims => {
                       sub => "p$phase", regions => [ '110101' ] }) },
        suspended => sub { $self->{province} //= $self->{f}->issue(
                       key => 'prov-es', sub => 'dora') },
        clean     => sub { $self->_somebody },
    );
    if ($target eq 'handshake') {
        $relay->plan('nothing', 'read', 0);
        $self->_ask("/t$lane", $self->_somebody);
    }
    $relay->plan($kind, $target, $phase, $random->below(1 << 28), $where);
    my $uri = $random->once_in(6) ? "/lenient$lane" : "/t$lane";
    my @answers = $self->_ask($uri, $code{$who}->());
    # a heartbeat, and a new connection, come when they come
    for (1 .. ($target eq 'read' ? 0 : 15)) {
        sleep 0.1;
        push @answers, $self->_ask($uri, $code{$who}->());
        last if $relay->done($phase);
    }
    $relay->plan('whole', 'read', 0);

    my @done = $relay->done($phase);
    $relay->forget;
    my $passed = grep { $_ eq 200 } @answers;
    my $wrong = $passed && $uri !~ /lenient/
        && ($who ne 'clean' || $target eq 'read' && !$legal && @done);
    $wrong ||= grep { /^none/ } @answers;

    print join(' ', 'did', $kind, $target, scalar @done, $passed,
               @answers - $passed), "\0\n";
    return if !$wrong;
    print "WRONG lane $lane phase $phase: $who at $uri, $kind of the $target"
        . " $where: @answers\n", map({
            "what Redis said:\n" . Healthcode::Attack::Clients::printable(
                $_->[0], 2000) . "\nwhat was sent:\n"
            . Healthcode::Attack::Clients::printable($_->[1], 2000) . "\n"
        } @done), "\0\n";
}


# ---- the judgement ----

sub _collect {
    my ($self, $output) = @_;
    for my $line (split /\0\n/, $output) {
        if ($line =~ /^did (\w+) (\w+) (\d+) (\d+) (\d+)$/) {
            my $count = $self->{kinds}{"$1 $2"} //= [ 0, 0, 0 ];
            $self->{count}++;
            $count->[0] += $3 ? 1 : 0;
            $count->[1] += $4;
            $count->[2] += $5;
        } elsif ($line =~ /\S/) {
            push @{ $self->{wrong} }, $line;
        }
    }
}


sub _judge {
    my ($self, $workers) = @_;
    my $wrong = $self->{wrong} //= [];
    my $nginx = $self->{nginx};
    push @$wrong, Healthcode::Attack::Clients::reports();
    my $now = join ' ', $nginx->workers;
    push @$wrong, "the worker was $workers, and is $now" if $now ne $workers;
    push @$wrong, 'the gate does not answer'
        if (eval { get($nginx->sock, '/alive', [], timeout => 20)->{status} }
            // 0) != 204;

    # what was never tried is a fault of this test
    for my $kind (@Healthcode::Attack::Relay::LEGAL,
                  @Healthcode::Attack::Relay::ILLEGAL)
    {
        push @$wrong, "nothing was done to an answer: $kind"
            if !$self->{kinds}{"$kind read"}[0] && $self->{count} > 2000;
    }
    my $sound = 0;
    $sound += $self->{kinds}{"$_ read"}[1] // 0
        for @Healthcode::Attack::Relay::LEGAL;
    push @$wrong, 'nobody has passed by a sound answer' if !$sound;

    my $status = $nginx->stop(60);
    push @$wrong, 'the gate ends with ' . ($status // 'nothing') if $status // 1;
    my @bad = grep { /\[(alert|emerg)\]|exited on signal|Sanitizer/ }
        split /\n/, $nginx->error_log;
    push @$wrong, @bad[0 .. ($#bad > 9 ? 9 : $#bad)];
    push @$wrong, Healthcode::Attack::Clients::reports();
    @$wrong = @$wrong[0 .. 9] if @$wrong > 10;
}

1;
