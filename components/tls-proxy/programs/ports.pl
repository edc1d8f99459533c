# `hold ADDRESS PORT PATH USER`: listens, and never answers; whoever connects to the path is handed the listening socket. The path's last part
# ends with the port and the address: `…-443-on-0.0.0.0`.
# `try ADDRESS PORT PATH`: whether that could listen.
# `take NAME=PATH… -- COMMAND…`: becomes the command, which finds the sockets as nginx's own upgrade hands them over, in the variable NGINX, and
# in /tmp/listen/NAME what it has to say of each. When a holder goes, its socket is of no more use: the command is told to end, and starts again.
#
# Only what perl-base has, which is in every image that descends from Debian's; it knows no call that hands over a file, so the kernel is asked.
use strict;
use warnings;
use Fcntl;
use Socket qw(:DEFAULT inet_pton);
use POSIX ();

my ($SENDMSG, $RECVMSG) = @{ { x86_64 => [ 46, 47 ], aarch64 => [ 211, 212 ] }->{ (POSIX::uname())[4] } // die "only for x86_64 and aarch64\n" };
my $verb = shift @ARGV;
{ hold => \&hold, try => \&listening, take => \&take }->{$verb}->(@ARGV);

sub hold {
    my ($address, $port, $path, $user) = @_;
    $SIG{TERM} = sub { exit 0 };
    my $listener = listening($address, $port, $path);
    # nginx expects it of what it is handed; it would wait for the next connection for ever.
    fcntl($listener, F_SETFL, O_NONBLOCK) or die "$!\n";
    become($user) if $> == 0;
    unlink $path;
    umask 0;
    my $desk;
    socket($desk, AF_UNIX, SOCK_STREAM, 0) && bind($desk, sockaddr_un($path)) && listen($desk, 16) or die "$path: $!\n";
    my $name = ($address =~ /:/ ? "[$address]" : $address) . ":$port";

    # Connections stay open: their end tells a proxy that this process has gone, and the socket with it.
    my @takers;
    while (1) {
        accept(my $taker, $desk) or next;
        @takers = grep { !ended($_) } @takers;
        if (hand_over($taker, $listener, $name)) { push @takers, $taker }
        else { warn "handing over port $port: $!\n" }
    }
}

# Two sockets may have a port if one is on an address and the other on all, but only while both say so. This stack's own others are made to, for
# this moment; it wouldn't do to leave it so, as then another stack's proxy could be given half of what comes.
sub listening {
    my ($address, $port, $path) = @_;
    my ($folder, $own) = $path =~ m{(.*)/(.*)};
    opendir my $all, $folder or die "$folder: $!\n";
    my @others = grep { defined } map { receive("$folder/$_") } grep { $_ ne $own && /-$port-on-/ } readdir $all;
    my $to = $address =~ /:/ ? sockaddr_in6($port, inet_pton(AF_INET6, $address)) : sockaddr_in($port, inet_pton(AF_INET, $address));
    my $listener;
    socket($listener, sockaddr_family($to), SOCK_STREAM, 0) && setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1) or die "$!\n";
    my @both = @others ? ($listener, map { $_->{socket} } @others) : ();
    setsockopt($_, SOL_SOCKET, SO_REUSEPORT, 1) for @both;
    # Who tries beside others doesn't listen: it would be given connections.
    my $error = bind($listener, $to) && ((@others && $verb eq "try") || listen($listener, 4096)) ? undef : "$!";
    setsockopt($_, SOL_SOCKET, SO_REUSEPORT, 0) for @both;
    die "port $port of $address: $error\n" if defined $error;
    return $listener;
}

# Below 1024 only root may listen; that is all it is needed for.
sub become {
    my ($user) = @_;
    $) = "$user $user";
    POSIX::setgid($user);
    POSIX::setuid($user);
    die "can't become user $user\n" unless $> == $user && $< == $user;
}

# Nobody says anything on them, so one that can be read has ended.
sub ended {
    my ($socket) = @_;
    vec(my $bits = "", fileno $socket, 1) = 1;
    return select $bits, undef, undef, 0;
}

# A message of the kernel's is a record of addresses: what stands there must be neither copied nor let go of before the call.
sub hand_over {
    my ($taker, $listener, $name) = @_;
    my $control = pack "Q i i i x4", 20, SOL_SOCKET, 1, fileno $listener;    # 1: SCM_RIGHTS
    my $piece = pack "P Q", $name, length $name;
    my $message = pack "Q Q P Q P Q Q", 0, 0, $piece, 1, $control, length $control, 0;
    return syscall($SENDMSG, fileno $taker, $message, 0) == length $name;
}

# What a holder hands over; undefined where none is there.
sub receive {
    my ($path) = @_;
    my $desk;
    socket($desk, AF_UNIX, SOCK_STREAM, 0) && connect($desk, sockaddr_un($path)) or return;
    my $name = pack "x64";
    my $control = pack "x24";
    my $piece = pack "P Q", $name, 64;
    my $message = pack "Q Q P Q P Q Q", 0, 0, $piece, 1, $control, 24, 0;
    my $length = syscall($RECVMSG, fileno $desk, $message, 0);
    return if $length <= 0;
    open my $socket, "+<&=", unpack("x16 i", $control) or return;
    return { desk => $desk, socket => $socket, name => substr $name, 0, $length };
}

sub take {
    my (@taken, %said);
    mkdir "/tmp/listen";
    while (defined(my $word = shift)) {
        last if $word eq "--";
        my ($name, $path) = split /=/, $word;
        my $held;
        until ($held = receive($path)) {
            warn "waiting for $path: $!\n" unless $said{$path}++;
            select undef, undef, undef, 0.1;
        }
        fcntl $held->{socket}, F_SETFD, 0;
        push @taken, $held;
        open my $file, ">", "/tmp/listen/$name" or die "$!\n";
        print $file "listen $held->{name}", $name eq "https" ? " ssl" : "", ";\n";
        close $file or die "$!\n";
    }
    watch($$, @taken);
    $ENV{NGINX} = join "", map { fileno($_->{socket}) . ";" } @taken;
    exec @_ or die "$_[0]: $!\n";
}

sub watch {
    my ($command, @taken) = @_;
    my $child = fork // die "$!\n";
    if ($child == 0) {
        # A grandchild, which isn't the command's to wait for.
        POSIX::_exit(0) if fork;
        POSIX::close($_) for 1, 2, map { fileno $_->{socket} } @taken;
        my $bits = "";
        vec($bits, fileno $_->{desk}, 1) = 1 for @taken;
        select $bits, undef, undef, undef;
        # One that is being told to finish anyway has all its time.
        POSIX::_exit(0) if -e "/tmp/leaving";
        kill "QUIT", $command;
        sleep 5;
        kill "TERM", $command;
        POSIX::_exit(0);
    }
    waitpid $child, 0;
}
