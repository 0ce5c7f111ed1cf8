# Keys that change all the time, while requests come and workers begin and end:
# files, a folder and a location are rewritten, broken and removed, nginx reloads,
# workers are asked to quit or are killed.  For the thread of each worker that
# reads keys (make tsan), and for what it gives to the event loop.

package Healthcode::Attack::Keys;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use Healthcode::Attack::Clients;
use Healthcode::Attack::Random;
use Healthcode::Fixture;
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Nginx;
use Healthcode::Process;

use constant { CLIENTS => 2, KEYS => 6 };

# How the keys of each issuer are configured; those of "still" never change.
my %ISSUERS = (
    still  => 'keys {{still}}/a.jwks;',
    file   => 'keys {{file}}/a.jwks;',
    files  => 'keys {{files}}/a.jwks; keys {{files}}/b.jwks;',
    folder => 'keys_dir {{folder}};',
    far    => 'keys_location /keys; keys_min_interval 1s; keys_refresh 1s;',
);
my @CHANGING = qw(file files folder far);


# run(seed => N, seconds => S): { asked, reloads, starts, answers => { TEXT => N },
# wrong => [TEXT] }
sub run {
    my (%opt) = @_;
    my $f = Healthcode::Fixture->new(no_redis => 1);
    my $self = bless { %opt, f => $f, answers => {}, wrong => [], reloads => 0,
        starts => 0, asked => 0, until => time + $opt{seconds} }, __PACKAGE__;
    my $random = Healthcode::Attack::Random->new($self->{seed}, 0);

    mkdir $f->path($_) for keys %ISSUERS;
    $self->_put($_, 'a.jwks', $self->_set(1 .. 3)) for keys %ISSUERS;
    $self->_put('files', 'b.jwks', $self->_set(4));

    while (time < $self->{until} && !@{ $self->{wrong} }) {
        $self->_life($random);
    }
    push @{ $self->{wrong} }, Healthcode::Attack::Clients::reports();
    for my $must ('200', '401 key') {
        push @{ $self->{wrong} }, "nothing was answered with $must"
            if !$self->{answers}{$must} && !@{ $self->{wrong} };
    }
    return $self;
}


sub _secret { my ($name, $n) = @_; return "key $n of $name" . 'x' x 32 }

sub _set {
    my ($self, @numbers) = @_;
    $self->{set}++;
    return sub {
        my ($name) = @_;
        return json({ keys => [ map { { kty => 'oct', alg => 'HS256',
            kid => "k$_", k => b64(_secret($name, $_)) } } @numbers ] });
    };
}


sub _put {
    my ($self, $name, $file, $set, $cut) = @_;
    my $text = ref $set ? $set->($name) : $set;
    $text = substr $text, 0, $cut if defined $cut;
    my $path = "$name/$file";
    return $self->{f}->write($path, $text, 0600) if defined $cut;
    $self->{f}->replace($path, $text, 0600);
}


sub _code {
    my ($name, $n) = @_;
    my $now = int time;
    return jws(_secret($name, $n),
        json({ alg => 'HS256', typ => 'healthcode+jwt', kid => "k$n" }),
        json({ iss => "https://$name.example", sub => 'x', iat => $now,
               exp => $now + 900 }));
}


# One nginx, from its start to its end.
sub _life {
    my ($self, $random) = @_;
    my $f = $self->{f};
    my $issuers = join '', map {
        (my $lines = $ISSUERS{$_}) =~ s/\{\{(\w+)\}\}/$f->path($1)/ge;
        "healthcode_issuer $_ { iss https://$_.example; algorithms HS256; "
            . "$lines }\n" } sort keys %ISSUERS;
    $self->_put($_, 'a.jwks', $self->_set(1 .. 3)) for @CHANGING;
    $self->_put('files', 'b.jwks', $self->_set(4));
    my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 2,
        http => <<"END");
$issuers
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /status { healthcode_status; }
    location = /keys { internal; alias ${\ $f->path('far')}/a.jwks; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
}
END
    $nginx->start(60);
    $self->{starts}++;

    # some live for a moment only, so that they end while the thread begins
    my $end = time + $random->pick(0, 0.3, 2, 6, 6);
    $end = $self->{until} if $end > $self->{until};
    my $stop = $f->path('stop');
    unlink $stop;
    my @clients = map {
        my $seed = $random->below(1 << 28);
        Healthcode::Process->spawn(sub { $self->_ask($nginx, $seed, $stop) })
    } 1 .. CLIENTS;

    while (time < $end) {
        $self->_change($random) for 0 .. $random->below(4);
        sleep $random->below(300) / 1000;
        $self->_disturb($nginx, $random) if $random->once_in(4);
    }
    $f->write('stop', '');
    for my $client (@clients) {
        $client->wait(30) // push @{ $self->{wrong} }, 'a client goes on';
        my $out = $client->output;
        for my $line (split /\n/, $out) {
            $line =~ /^(\d+) (.+)$/ ? ($self->{answers}{$2} += $1)
                                    : push @{ $self->{wrong} }, $line;
        }
    }
    my $status = $nginx->stop(60, $random->pick('QUIT', 'TERM'));
    push @{ $self->{wrong} }, 'nginx ends with ' . ($status // 'nothing')
        if $status // 1;
    push @{ $self->{wrong} }, grep {
        /\[(alert|emerg)\]|exited on signal (?!9)|Sanitizer/
            && !/exited on signal 9/ } split /\n/, $nginx->error_log;
}


# What happens to the keys of one issuer.
sub _change {
    my ($self, $random) = @_;
    my $name = $random->pick(@CHANGING);
    my $file = $name eq 'files' ? $random->pick('a.jwks', 'b.jwks')
             : $name eq 'folder' ? $random->pick('a.jwks', 'b.jwks', 'c.jwks')
             : 'a.jwks';
    my $set = $self->_set(map { 1 + $random->below(KEYS) }
                          0 .. $random->below(30));
    my $how = $random->below(8);
    if ($how == 0) { $self->_put($name, $file, $set, $random->below(200)) }
    elsif ($how == 1) { $self->_put($name, $file, $random->bytes(50)) }
    elsif ($how == 2) { unlink $self->{f}->path("$name/$file") }
    else { $self->_put($name, $file, $set) }
}


sub _disturb {
    my ($self, $nginx, $random) = @_;
    my @workers = $nginx->workers;
    my $how = $random->below(5);
    if ($how < 3) {
        $nginx->signal('HUP');
        $self->{reloads}++;
    } elsif (@workers) {
        kill $how == 3 ? 'TERM' : 'KILL', $workers[0];
    }
}


# A client: a process; prints how often each answer came.  What is signed with a
# key that no file ever had must not pass, what is signed with one that stays
# must.
sub _ask {
    my ($self, $nginx, $seed, $stop) = @_;
    my $random = Healthcode::Attack::Random->new($seed);
    my (%count, $asked);
    my $until = time + 60;

    until (-e $stop || time > $until) {
        my $name = $random->pick(keys %ISSUERS);
        my $n = 1 + $random->below($name eq 'still' ? 3 : KEYS + 2);
        if ($random->once_in(20)) {
            eval { $nginx->ask(undef, '/status', 20) };
            next;
        }
        my $answer = eval { $nginx->ask(_code($name, $n), '/t', 20) };
        $answer = 'none' if !$answer;    # its worker was killed
        $count{$answer}++;
        print "WRONG: a code of key $n of $name, which no file has had, passed\n"
            if $answer eq 200 && $n > KEYS;
        print "WRONG: a code of a key that stays: $answer\n"
            if $name eq 'still' && $answer !~ /^(200|none)$/;
    }
    print map { "$count{$_} $_\n" } sort keys %count;
}

1;
